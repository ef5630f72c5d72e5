using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Replaces instructions whose value is known by that value; <see cref="Folding"/> says which. Branches on constants become jumps, checks that
/// hold go, and sums of an integer and constants become one addition, so that equal sums are equal instructions.
/// </summary>
static class ConstantFolding
{
    public static void Run(Function function)
    {
        var replacements = new Dictionary<Value, Value>();
        Value Resolve(Value value)
        {
            while (replacements.TryGetValue(value, out Value? next))
                value = next;
            return value;
        }

        // Definitions come before their uses in this order, so that one walk carries constants all the way; back edges wait for the end.
        foreach (Block block in Dominators.ReversePostorder(function.Entry))
        {
            var kept = new List<Instruction>(block.Instructions.Count);
            foreach (Instruction instruction in block.Instructions)
            {
                for (int o = 0; o < instruction.Operands.Length; o++)
                    instruction.Operands[o] = Resolve(instruction.Operands[o]);
                if (Folding.Simplify(function, instruction.Op, instruction.Type, instruction.Operands) is { } value)
                {
                    replacements.Add(instruction, value);
                }
                else if (Complemented(instruction) is { } condition)
                {
                    if (Folding.Simplify(function, Op.Not, IrType.Bool, [condition]) is { } simpler)
                    {
                        replacements.Add(instruction, simpler);
                        continue;
                    }

                    var complement = new Instruction(Op.Not, IrType.Bool, [condition], null, instruction.Position);
                    replacements.Add(instruction, complement);
                    kept.Add(complement);
                }
                else if (Sum(instruction) is var (first, addend))
                {
                    if (addend == 0)
                    {
                        replacements.Add(instruction, first);
                        continue;
                    }

                    var addition = new Instruction(Op.Add, first.Type, [first, function.Constant(first.Type, addend)], null,
                        instruction.Position);
                    replacements.Add(instruction, addition);
                    kept.Add(addition);
                }
                else if (instruction is not { Op: Op.Require, Operands: [Constant { Bits: not 0 }, ..] })
                {
                    kept.Add(instruction);
                }
            }

            block.Instructions = kept;
            if (block.Condition != null && Resolve(block.Condition) is Constant known)
                block.Jump(block.Edges[known.Bits != 0 ? 0 : 1]);
        }

        function.Replace(replacements);
        ControlFlowSimplification.RemoveUnreachable(function);
    }

    // A bool that differs from true is its complement.
    static Value? Complemented(Instruction instruction) =>
        instruction is { Op: Op.Xor, Type: IrType.Bool, Operands: [var first, var second] }
        ? first is Constant { Bits: 1 } ? second : second is Constant { Bits: 1 } ? first : null
        : null;

    // x - c and (x + b) + c: integers wrap around, so that the order does not matter.
    static (Value First, ulong Addend)? Sum(Instruction instruction)
    {
        if (instruction is not { Op: Op.Add or Op.Subtract, Operands: [var first, var second] } || !instruction.Type.IsInteger())
            return null;
        if (instruction.Op == Op.Add && first is Constant)
            (first, second) = (second, first);
        if (second is not Constant constant)
            return null;
        ulong addend = instruction.Op == Op.Subtract ? 0 - constant.Bits : constant.Bits;
        if (first is Instruction { Op: Op.Add, Operands: [var inner, Constant before] })
            (first, addend) = (inner, addend + before.Bits);
        else if (instruction.Op == Op.Add && second == instruction.Operands[1])
            return null;
        return (first, instruction.Type == IrType.I32 ? (uint)addend : addend);
    }
}
