using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Replaces instructions whose value is known by that value; <see cref="Folding"/> says which. Branches on constants become jumps, checks that
/// hold go.
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
        foreach (Block block in new Dominators(function).Blocks)
        {
            var kept = new List<Instruction>(block.Instructions.Count);
            foreach (Instruction instruction in block.Instructions)
            {
                for (int o = 0; o < instruction.Operands.Length; o++)
                    instruction.Operands[o] = Resolve(instruction.Operands[o]);
                if (Folding.Simplify(function, instruction.Op, instruction.Type, instruction.Operands) is { } known)
                    replacements.Add(instruction, known);
                else if (instruction is not { Op: Op.Require, Operands: [Constant { Bits: not 0 }, ..] })
                    kept.Add(instruction);
            }

            block.Instructions = kept;
            if (block.Condition != null && Resolve(block.Condition) is Constant condition)
                block.Jump(block.Edges[condition.Bits != 0 ? 0 : 1]);
        }

        function.Replace(replacements);
        Branches.RemoveUnreachable(function);
    }
}
