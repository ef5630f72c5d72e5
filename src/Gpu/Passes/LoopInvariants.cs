using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Moves operations without effects out of loops whose turns do not change their operands, to the block before the loop. Only loops that one
/// jump enters have such a block; divisions of integers stay, since they may fault.
/// </summary>
static class LoopInvariants
{
    public static void Run(Function function)
    {
        var dominators = new Dominators(function);
        // Inner loops come later in the order, and are emptied first.
        foreach (Block header in Enumerable.Reverse(dominators.Blocks))
        {
            Edge[] back = [.. dominators.Incoming[header].Where(edge => dominators.Dominates(header, edge.From))];
            Edge[] entering = [.. dominators.Incoming[header].Except(back)];
            if (back.Length > 0 && entering is [{ From: { Edges.Count: 1 } before }])
                Hoist(dominators, Body(dominators, header, back), before);
        }
    }

    static HashSet<Block> Body(Dominators dominators, Block header, Edge[] back)
    {
        var body = new HashSet<Block> { header };
        var work = new Stack<Block>(back.Select(edge => edge.From));
        while (work.TryPop(out Block? block))
        {
            if (!body.Add(block))
                continue;
            foreach (Edge edge in dominators.Incoming[block])
                work.Push(edge.From);
        }

        return body;
    }

    static void Hoist(Dominators dominators, HashSet<Block> body, Block before)
    {
        var inside = new HashSet<Value>();
        foreach (Block block in body)
        {
            inside.UnionWith(block.Arguments);
            inside.UnionWith(block.Instructions);
        }

        foreach (Block block in dominators.Blocks.Where(body.Contains))
        {
            block.Instructions.RemoveAll(instruction =>
            {
                bool pure = instruction.Op.Row().Effect == Effect.Pure || (instruction.Op == Op.Divide && instruction.Type.IsFloat());
                if (!pure || instruction.Operands.Any(inside.Contains))
                    return false;
                before.Instructions.Add(instruction);
                return inside.Remove(instruction);
            });
        }
    }
}
