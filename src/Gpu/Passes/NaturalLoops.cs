using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>A natural loop: the blocks that lead back to the header without leaving by it.</summary>
/// <param name="Header">The block through which every way into the loop leads.</param>
/// <param name="Back">The edges from within back to the header.</param>
/// <param name="Entering">The edges from outside to the header.</param>
/// <param name="Body">All blocks of the loop, those of inner loops and the header too.</param>
sealed record Loop(Block Header, List<Edge> Back, List<Edge> Entering, HashSet<Block> Body)
{
    /// <summary>The block that does nothing after its instructions but jump to the header; null if there is none.</summary>
    public Block? Before => Entering is [{ From: { Edges.Count: 1 } before }] ? before : null;
}

/// <summary>Finds the loops of a function.</summary>
static class NaturalLoops
{
    /// <summary>All loops, inner ones before those around them.</summary>
    public static List<Loop> Find(Dominators dominators)
    {
        var loops = new List<Loop>();
        for (int b = dominators.Blocks.Count - 1; b >= 0; b--)
        {
            Block header = dominators.Blocks[b];
            List<Edge> incoming = dominators.Incoming[header], back = incoming.FindAll(edge => dominators.Dominates(header, edge.From));
            if (back.Count > 0)
                loops.Add(new Loop(header, back, incoming.FindAll(edge => !back.Contains(edge)), Body(dominators, header, back)));
        }

        return loops;
    }

    /// <summary>
    /// Gives every loop a block that does nothing but jump to its header, unless it has one; those that stay empty go with the next pass over
    /// branches. Returns the loops with these blocks.
    /// </summary>
    public static (Dominators Dominators, List<Loop> Inner) WithBlocksBefore(Function function)
    {
        var dominators = new Dominators(function);
        List<Loop> loops = Find(dominators);
        bool added = false;
        foreach (Loop loop in loops)
        {
            if (loop.Before != null)
                continue;
            var before = new Block();
            var jump = new Edge(before, loop.Header);
            foreach (BlockArgument argument in loop.Header.Arguments)
            {
                var passed = new BlockArgument(argument.Type);
                before.Arguments.Add(passed);
                jump.Arguments.Add(passed);
            }

            before.Jump(jump);
            foreach (Edge edge in loop.Entering)
                edge.To = before;
            function.Blocks.Insert(function.Blocks.IndexOf(loop.Header), before);
            added = true;
        }

        if (!added)
            return (dominators, loops);
        dominators = new Dominators(function);
        return (dominators, Find(dominators));
    }

    static HashSet<Block> Body(Dominators dominators, Block header, List<Edge> back)
    {
        var body = new HashSet<Block> { header };
        var work = new Stack<Block>();
        foreach (Edge edge in back)
            work.Push(edge.From);
        while (work.TryPop(out Block? block))
        {
            if (!body.Add(block))
                continue;
            foreach (Edge edge in dominators.Incoming[block])
                work.Push(edge.From);
        }

        return body;
    }
}
