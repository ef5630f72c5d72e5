using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>Where an access lies: base + root * stride + offset, with the constant part of the index taken into the offset.</summary>
readonly record struct ElementIndex(Value Base, Value Root, int Stride, int Offset)
{
    /// <summary>
    /// Takes constants out of the index as far as that cannot change the address. A sum of 32 bits may wrap before it is widened: not so if the root
    /// is a multiple of a power of two that is larger than the constant. Addresses in shared memory have 32 bits and wrap alike.
    /// </summary>
    public static ElementIndex Of(Instruction access, Alignment alignment)
    {
        var (start, index) = (access.Operands[0], access.Operands[1]);
        var result = new ElementIndex(start, index, access.Access.Stride, access.Access.Offset);
        long sum = 0;
        for (Value root = index; root is Instruction { Op: Op.Add or Op.Subtract, Operands: var operands } step;)
        {
            int place = operands[1] is Constant ? 1 : step.Op == Op.Add && operands[0] is Constant ? 0 : -1;
            if (place < 0)
                break;
            ulong bits = ((Constant)operands[place]).Bits;
            long constant = root.Type == IrType.I32 ? (int)bits : (long)bits;
            sum += step.Op == Op.Add ? constant : -constant;
            root = operands[1 - place];
            if (sum != (int)sum)
                break;
            long offset = sum * access.Access.Stride + access.Access.Offset;
            bool exact = start.Type == IrType.Shared || root.Type == IrType.I64 || (sum >= 0 && sum < 1L << Math.Min(31, alignment.ZerosOf(root)));
            if (exact && offset == (int)offset)
                result = result with { Root = root, Offset = (int)offset };
        }

        return result;
    }
}
