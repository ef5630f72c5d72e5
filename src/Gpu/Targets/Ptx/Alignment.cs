using System.Numerics;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>
/// Which powers of two divide values: of each integer and address, how many of its lowest bits are zero in every run. Found by assuming the best of
/// all and taking back what the operations contradict, until nothing changes.
/// </summary>
sealed class Alignment
{
    const int Most = 63;

    // Views begin at multiples of 16 bytes if the launch promises it; the memory of groups and threads is declared so.
    const int Declared = 4;

    readonly Dictionary<Value, int> zeros = [];
    readonly int views;

    public Alignment(Function function, bool alignedViews)
    {
        views = alignedViews ? Declared : 0;
        Block[] blocks = [.. new Dominators(function).Blocks];
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (Block block in blocks)
            {
                foreach (Instruction instruction in block.Instructions)
                    changed |= Set(instruction, Of(instruction));
                foreach (Edge edge in block.Edges)
                {
                    for (int a = 0; a < edge.Arguments.Count; a++)
                        changed |= Set(edge.To.Arguments[a], Math.Min(ZerosOf(edge.To.Arguments[a]), ZerosOf(edge.Arguments[a])));
                }
            }
        }
    }

    /// <summary>Whether all views of a launch begin at multiples of 16 bytes.</summary>
    /// <param name="parameters">The kernel's, without the thread's index.</param>
    /// <param name="arguments">A word for each.</param>
    public static bool OfViews(ReadOnlySpan<IrType> parameters, ReadOnlySpan<ulong> arguments)
    {
        bool aligned = true;
        for (int p = 0; p < parameters.Length; p++)
            aligned &= parameters[p] != IrType.Global || arguments[p] % 16 == 0;
        return aligned;
    }

    /// <summary>How many of the lowest bits are known to be zero.</summary>
    public int ZerosOf(Value value) => value switch
    {
        Constant constant => constant.Bits == 0 ? Most : BitOperations.TrailingZeroCount(constant.Bits),
        Parameter => value.Type == IrType.Global ? views : 0,
        _ => zeros.GetValueOrDefault(value, Most),
    };

    /// <summary>The same of base + index * stride.</summary>
    public int ZerosOf(Value start, Value index, int stride) =>
        Math.Min(ZerosOf(start), stride == 0 ? Most : ZerosOf(index) + BitOperations.TrailingZeroCount(stride));

    bool Set(Value value, int count)
    {
        if (ZerosOf(value) == count)
            return false;
        zeros[value] = count;
        return true;
    }

    int Of(Instruction instruction)
    {
        Value[] o = instruction.Operands;
        return Math.Min(Most, instruction.Op switch
        {
            Op.Add or Op.Subtract or Op.Or or Op.Xor or Op.Remainder or Op.RemainderUnsigned when instruction.Type.IsInteger() =>
            Math.Min(ZerosOf(o[0]), ZerosOf(o[1])),
            Op.And when instruction.Type.IsInteger() => Math.Max(ZerosOf(o[0]), ZerosOf(o[1])),
            Op.Multiply when instruction.Type.IsInteger() => ZerosOf(o[0]) + ZerosOf(o[1]),
            Op.ShiftLeft when o[1] is Constant count => ZerosOf(o[0]) + (int)(count.Bits & (instruction.Type == IrType.I32 ? 31u : 63u)),
            Op.Select => Math.Min(ZerosOf(o[1]), ZerosOf(o[2])),
            Op.Negate or Op.SignExtend or Op.ZeroExtend or Op.Truncate => ZerosOf(o[0]),
            Op.Offset =>
            Math.Min(ZerosOf(o[0], o[1], instruction.Access.Stride),
            instruction.Access.Offset == 0 ? Most : BitOperations.TrailingZeroCount(instruction.Access.Offset)),
            Op.SharedAllocate or Op.LocalAllocate => Declared,
            _ => 0,
        });
    }
}
