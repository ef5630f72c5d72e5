namespace Dalle2.Gpu.Ir;

/// <summary>
/// The blocks in reverse postorder with their immediate dominators (Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001).
/// </summary>
sealed class Dominators
{
    readonly Dictionary<Block, int> order = [];
    readonly int[] immediate;

    public Dominators(Function function)
    {
        Blocks = ReversePostorder(function.Entry);
        for (int b = 0; b < Blocks.Count; b++)
        {
            order.Add(Blocks[b], b);
            Incoming.Add(Blocks[b], []);
        }

        foreach (Block block in Blocks)
        {
            foreach (Edge edge in block.Edges)
                Incoming[edge.To].Add(edge);
        }

        immediate = new int[Blocks.Count];
        Array.Fill(immediate, -1);
        immediate[0] = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = 1; b < Blocks.Count; b++)
            {
                int dominator = -1;
                foreach (Edge edge in Incoming[Blocks[b]])
                {
                    int from = order[edge.From];
                    if (immediate[from] >= 0)
                        dominator = dominator < 0 ? from : Meet(dominator, from);
                }

                changed |= immediate[b] != dominator;
                immediate[b] = dominator;
            }
        }
    }

    /// <summary>The blocks that can be reached, each before those that it dominates.</summary>
    public List<Block> Blocks { get; }

    /// <summary>The edges into each block that can be reached.</summary>
    public Dictionary<Block, List<Edge>> Incoming { get; } = [];

    /// <summary>The immediate dominator; of the entry, null.</summary>
    public Block? Immediate(Block block) => order[block] == 0 ? null : Blocks[immediate[order[block]]];

    public bool Dominates(Block dominator, Block block)
    {
        int above = order[dominator], at = order[block];
        while (at > above)
            at = immediate[at];
        return at == above;
    }

    int Meet(int first, int second)
    {
        while (first != second)
        {
            if (first > second)
                first = immediate[first];
            else
                second = immediate[second];
        }

        return first;
    }

    /// <summary>The blocks that can be reached, in an order in which all but the back edges of loops lead forward.</summary>
    public static List<Block> ReversePostorder(Block entry)
    {
        var blocks = new List<Block>();
        var seen = new HashSet<Block> { entry };
        var path = new Stack<(Block Block, int Next)>();
        path.Push((entry, 0));
        while (path.TryPop(out var top))
        {
            if (top.Next == top.Block.Edges.Count)
            {
                blocks.Add(top.Block);
                continue;
            }

            path.Push((top.Block, top.Next + 1));
            // The last edge first, so that the first edge's blocks come first in the reverse.
            Block next = top.Block.Edges[top.Block.Edges.Count - 1 - top.Next].To;
            if (seen.Add(next))
                path.Push((next, 0));
        }

        blocks.Reverse();
        return blocks;
    }
}
