using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Moves constants out of indices into the accesses, which know a constant offset, so that neighboring elements share one index:
/// <c>x[i + 1]</c> is <c>x[i]</c> and an element's size further on.
/// </summary>
static class OffsetFolding
{
    /// <summary>
    /// The largest constant that is moved, in elements. The index i + c is computed in 32 bits and may wrap around, while i * size + c * size is
    /// computed in 64 bits and does not. They differ only where i + c leaves the range of 32-bit integers. With c above 0 it becomes negative,
    /// which is outside of every view; with c below 0 it becomes 2^31 - |c| or more, which only a view of so many elements has: views that long are
    /// indexed with 64 bits. Both are errors of the kernel, which checked mode finds before the access, since it tests i + c itself.
    /// </summary>
    const long LargestAddend = 1 << 16;

    public static void Run(Function function)
    {
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                if (instruction.Operands.Length > 1 && instruction.Operands[0].Type.IsPointer() && instruction.Op != Op.Select)
                    Simplify(instruction);
            }
        }
    }

    static void Simplify(Instruction access)
    {
        Value[] o = access.Operands;
        while (true)
        {
            // An index of 32 bits is signed already.
            if (o[1] is Instruction { Op: Op.SignExtend } extended)
                o[1] = extended.Operands[0];
            else if (access.Op == Op.Offset || !(MoveAddend(access, o) || MoveOffset(access, o)))
                return;
        }
    }

    static bool MoveAddend(Instruction access, Value[] o)
    {
        // Folding has made additions of all sums and differences with a constant.
        if (o[1] is not Instruction { Op: Op.Add, Operands: [var rest, Constant addend] }
            || !Move(access, Signed(addend), access.Access.Stride))
        {
            return false;
        }

        o[1] = rest;
        return true;
    }

    // An address at a constant place from another one.
    static bool MoveOffset(Instruction access, Value[] o)
    {
        if (o[0] is not Instruction { Op: Op.Offset, Operands: [var start, Constant index] } offset
            || !Move(access, Signed(index), offset.Access.Stride))
        {
            return false;
        }

        o[0] = start;
        return true;
    }

    static bool Move(Instruction access, long elements, int stride)
    {
        if (elements is < -LargestAddend or > LargestAddend)
            return false;
        long offset = access.Access.Offset + elements * stride;
        if (offset is < -int.MaxValue or > int.MaxValue)
            return false;
        access.Immediate = access.Access with { Offset = (int)offset };
        return true;
    }

    static long Signed(Constant constant) => constant.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits;
}
