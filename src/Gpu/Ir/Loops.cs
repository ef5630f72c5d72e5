namespace Dalle2.Gpu.Ir;

/// <summary>The natural loops of a function whose graph is reducible: a header and every block from which it can be reached again.</summary>
sealed class Loops
{
    readonly Dictionary<Block, List<Block>> around = [];

    public Loops(Dominators dominators)
    {
        foreach (Block block in dominators.Blocks)
            around.Add(block, []);
        // Headers come in reverse postorder, so that outer loops are added before inner ones.
        foreach (Block header in dominators.Blocks)
        {
            var work = new Stack<Block>();
            foreach (Edge edge in dominators.Incoming[header])
            {
                if (dominators.Dominates(header, edge.From))
                    work.Push(edge.From);
            }

            if (work.Count == 0)
                continue;
            var body = new HashSet<Block> { header };
            while (work.TryPop(out Block? block))
            {
                if (!body.Add(block))
                    continue;
                foreach (Edge edge in dominators.Incoming[block])
                    work.Push(edge.From);
            }

            Bodies.Add(header, body);
            foreach (Block block in body)
                around[block].Add(header);
        }
    }

    /// <summary>The blocks of each loop, by its header.</summary>
    public Dictionary<Block, HashSet<Block>> Bodies { get; } = [];

    /// <summary>The headers of the loops that a block is in, from the outermost in.</summary>
    public IReadOnlyList<Block> Around(Block block) => around[block];
}
