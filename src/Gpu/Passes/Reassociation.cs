using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Moves constants to the outside of integer sums: (i + 1) + row becomes (i + row) + 1, and (i + 1) * 32 becomes i * 32 + 32. Sums that differ by a
/// constant then share their rest, and a constant at the outside of an index goes into the access. Exact, since integers wrap.
/// </summary>
static class Reassociation
{
    public static void Run(Function function)
    {
        var rests = new Dictionary<Value, (Value Base, ulong Constant)>();
        var replacements = new Dictionary<Value, Value>();
        foreach (Block block in new Dominators(function).Blocks)
        {
            var written = new List<Instruction>(block.Instructions.Count);
            foreach (Instruction instruction in block.Instructions)
            {
                if (instruction.Type.IsInteger() && Split(function, instruction, rests, written) is { } split)
                {
                    rests[instruction] = split;
                    Instruction sum = new(Op.Add, instruction.Type, [split.Base, function.Constant(instruction.Type, split.Constant)], null,
                        instruction.Position);
                    rests[sum] = split;
                    replacements[instruction] = sum;
                    written.Add(sum);
                }
                else
                {
                    written.Add(instruction);
                }
            }

            block.Instructions = written;
        }

        function.Replace(replacements);
    }

    // The value without its constant, and the constant; null if there is none, or if it stands at the outside already.
    static (Value Base, ulong Constant)? Split(Function function, Instruction instruction, Dictionary<Value,
        (Value Base, ulong Constant)> rests, List<Instruction> written)
    {
        if (instruction.Op is not (Op.Add or Op.Subtract or Op.Multiply or Op.ShiftLeft))
            return null;
        IrType type = instruction.Type;
        Value left = instruction.Operands[0], right = instruction.Operands[1];
        if (instruction.Op is Op.Multiply or Op.ShiftLeft)
        {
            if (left is Constant && instruction.Op == Op.Multiply)
                (left, right) = (right, left);
            if (right is not Constant factor || !rests.TryGetValue(left, out var sum))
                return null;
            ulong scale = instruction.Op == Op.Multiply ? factor.Bits : 1ul << (int)(factor.Bits & (type == IrType.I32 ? 31u : 63u));
            return (Emit(instruction.Op, sum.Base, right), Wrap(type, sum.Constant * scale));
        }

        bool negative = instruction.Op == Op.Subtract;
        if (right is Constant addend)
        {
            ulong constant = negative ? 0 - addend.Bits : addend.Bits;
            if (rests.TryGetValue(left, out var inner))
                return (inner.Base, Wrap(type, inner.Constant + constant));
            if (!negative)
                rests[instruction] = (left, addend.Bits);
            return negative ? (left, Wrap(type, constant)) : null;
        }

        if (left is Constant first)
        {
            if (negative)
                return null;
            return rests.TryGetValue(right, out var inner) ? (inner.Base, Wrap(type, inner.Constant + first.Bits)) : (right, first.Bits);
        }

        bool hasLeft = rests.TryGetValue(left, out var l), hasRight = rests.TryGetValue(right, out var r);
        if (!hasLeft && !hasRight)
            return null;
        ulong total = (hasLeft ? l.Constant : 0) + (hasRight ? negative ? 0 - r.Constant : r.Constant : 0);
        return (Emit(instruction.Op, hasLeft ? l.Base : left, hasRight ? r.Base : right), Wrap(type, total));

        Value Emit(Op op, Value a, Value b)
        {
            if (Folding.Simplify(function, op, type, [a, b]) is { } known)
                return known;
            var made = new Instruction(op, type, [a, b], null, instruction.Position);
            written.Add(made);
            return made;
        }
    }

    static ulong Wrap(IrType type, ulong bits) => type == IrType.I32 ? (uint)bits : bits;
}
