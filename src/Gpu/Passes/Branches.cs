using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Shortens the graph: edges through empty blocks go on to where those jump, branches on a bool that the way there decides are taken on that way,
/// and a block that only one jump leads to joins the block before it.
/// </summary>
static class Branches
{
    public static void Run(Function function)
    {
        Turn(function);
        // Empty blocks that jump in a circle would go on for ever.
        for (int round = 0; round < function.Blocks.Count && Thread(function); round++)
            RemoveUnreachable(function);
        Join(function);
    }

    public static void RemoveUnreachable(Function function)
    {
        List<Block> reachable = Dominators.ReversePostorder(function.Entry);
        function.Blocks.Clear();
        function.Blocks.AddRange(reachable);
    }

    // A branch on the opposite of a condition is a branch on the condition, with its edges exchanged.
    static void Turn(Function function)
    {
        foreach (Block block in function.Blocks)
        {
            while (block.Condition is Instruction { Op: Op.Not } not)
            {
                block.Condition = not.Operands[0];
                block.Edges.Reverse();
            }

            if (block.Edges is [var first, var second] && first.To == second.To && first.Arguments.SequenceEqual(second.Arguments))
                block.Jump(first);
        }
    }

    static bool Thread(Function function)
    {
        bool changed = false;
        Dictionary<Value, int> uses = UsesOfArguments(function);
        var dominators = new Dominators(function);
        foreach (Edge edge in function.Blocks.SelectMany(block => block.Edges))
        {
            Block middle = edge.To;
            // Its arguments must not be used further on, or they would be missing there.
            if (middle.Instructions.Count > 0 || middle == edge.From || middle.Arguments.Any(a => uses.GetValueOrDefault(a) != UsesAtEnd(middle, a)))
                continue;
            if (Taken(edge) is not { } next || next.To == middle)
                continue;
            // Past a loop's header and its condition, a second way into the loop would begin: no target could write that as a loop.
            if (middle.Edges.Count == 2 && dominators.Incoming[middle].Any(back => dominators.Dominates(middle, back.From)))
                continue;
            Value[] arguments = [.. next.Arguments.Select(value => Along(edge, value))];
            edge.To = next.To;
            edge.Arguments.Clear();
            edge.Arguments.AddRange(arguments);
            changed = true;
        }

        return changed;
    }

    // The way out of an empty block for those who come along the edge; null if that is decided later.
    static Edge? Taken(Edge edge) => edge.To.Edges.Count switch
    {
        1 => edge.To.Edges[0],
        2 when Along(edge, edge.To.Condition!) is Constant condition => edge.To.Edges[condition.Bits != 0 ? 0 : 1],
        _ => null,
    };

    static Value Along(Edge edge, Value value) =>
        value is BlockArgument argument && edge.To.Arguments.IndexOf(argument) is >= 0 and var place ? edge.Arguments[place] : value;

    static Dictionary<Value, int> UsesOfArguments(Function function)
    {
        var uses = new Dictionary<Value, int>();
        foreach (Block block in function.Blocks)
        {
            IEnumerable<Value> used = block.Instructions.SelectMany(i => i.Operands).Concat(block.Edges.SelectMany(e => e.Arguments));
            foreach (Value value in block.Condition == null ? used : used.Append(block.Condition))
            {
                if (value is BlockArgument)
                    uses[value] = uses.GetValueOrDefault(value) + 1;
            }
        }

        return uses;
    }

    static int UsesAtEnd(Block block, BlockArgument argument) =>
        block.Edges.Sum(edge => edge.Arguments.Count(value => value == argument)) + (block.Condition == argument ? 1 : 0);

    static void Join(Function function)
    {
        Dictionary<Block, int> incoming = function.Blocks.SelectMany(block => block.Edges).GroupBy(edge => edge.To).ToDictionary(g => g.Key, g => g.Count());
        var replacements = new Dictionary<Value, Value>();
        var joined = new HashSet<Block>();
        foreach (Block block in function.Blocks)
        {
            if (joined.Contains(block))
                continue;
            while (block.Edges is [{ To: var next } edge] && incoming[next] == 1 && next != block)
            {
                for (int a = 0; a < next.Arguments.Count; a++)
                    replacements.Add(next.Arguments[a], edge.Arguments[a]);
                block.Instructions.AddRange(next.Instructions);
                block.Condition = next.Condition;
                block.Edges.Clear();
                block.Edges.AddRange(next.Edges);
                foreach (Edge moved in block.Edges)
                    moved.From = block;
                joined.Add(next);
            }
        }

        function.Blocks.RemoveAll(joined.Contains);
        function.Replace(replacements);
    }
}
