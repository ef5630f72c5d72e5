using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Moves operations without effects out of loops whose iterations do not change their operands, to the block before the loop.</summary>
static class LoopInvariantMotion
{
    public static void Run(Function function)
    {
        var (dominators, loops) = NaturalLoops.WithBlocksBefore(function);
        // Inner loops are emptied first.
        foreach (Loop loop in loops)
            Hoist(dominators, loop.Body, loop.Before!);
    }

    static void Hoist(Dominators dominators, HashSet<Block> body, Block before)
    {
        var inside = new HashSet<Value>();
        foreach (Block block in body)
        {
            inside.UnionWith(block.Arguments);
            inside.UnionWith(block.Instructions);
        }

        foreach (Block block in dominators.Blocks)
        {
            if (!body.Contains(block))
                continue;
            block.Instructions.RemoveAll(instruction =>
            {
                if (!instruction.RunsAnywhere || Array.Exists(instruction.Operands, inside.Contains))
                    return false;
                before.Instructions.Add(instruction);
                return inside.Remove(instruction);
            });
        }
    }
}
