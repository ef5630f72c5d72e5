using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Moves operations without effects out of loops whose turns do not change their operands, to the block before the loop. Divisions of integers
/// stay if they may fault.
/// </summary>
static class LoopInvariants
{
    public static void Run(Function function)
    {
        AddBlocksBeforeLoops(function);
        var dominators = new Dominators(function);
        // Inner loops come later in the order, and are emptied first.
        foreach (Block header in Enumerable.Reverse(dominators.Blocks))
        {
            var (back, entering) = Edges(dominators, header);
            if (back.Length > 0)
                Hoist(dominators, Body(dominators, header, back), entering[0].From);
        }
    }

    // Every loop gets a block that does nothing but jump to its header, unless it has one; those that stay empty go with the next pass over branches.
    static void AddBlocksBeforeLoops(Function function)
    {
        var dominators = new Dominators(function);
        foreach (Block header in dominators.Blocks)
        {
            var (back, entering) = Edges(dominators, header);
            if (back.Length == 0 || entering is [{ From.Edges.Count: 1 }])
                continue;
            var before = new Block();
            var jump = new Edge(before, header);
            foreach (BlockArgument argument in header.Arguments)
            {
                var passed = new BlockArgument(argument.Type);
                before.Arguments.Add(passed);
                jump.Arguments.Add(passed);
            }

            before.Jump(jump);
            foreach (Edge edge in entering)
                edge.To = before;
            function.Blocks.Insert(function.Blocks.IndexOf(header), before);
        }
    }

    static (Edge[] Back, Edge[] Entering) Edges(Dominators dominators, Block header)
    {
        Edge[] back = [.. dominators.Incoming[header].Where(edge => dominators.Dominates(header, edge.From))];
        return (back, [.. dominators.Incoming[header].Except(back)]);
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
                if (!instruction.RunsAnywhere || instruction.Operands.Any(inside.Contains))
                    return false;
                before.Instructions.Add(instruction);
                return inside.Remove(instruction);
            });
        }
    }
}
