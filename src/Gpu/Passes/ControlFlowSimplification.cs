using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Shortens the graph: edges through empty blocks go on to where those jump, branches on a bool that the way there decides are taken on that way,
/// and a block that only one jump leads to joins the block before it.
/// </summary>
static class ControlFlowSimplification
{
    public static void Run(Function function)
    {
        Orient(function);
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
    static void Orient(Function function)
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
        Dictionary<Value, int>? uses = null;
        Dominators? dominators = null;
        foreach (Block block in function.Blocks)
        {
            foreach (Edge edge in block.Edges)
            {
                Block middle = edge.To;
                if (middle.Instructions.Count > 0 || middle == block || Taken(edge) is not { } next || next.To == middle)
                    continue;
                // Its arguments must not be used further on, or they would be missing there.
                if (middle.Arguments.Count > 0 && !OnlyUsedAtEnd(middle, uses ??= UsesOfArguments(function)))
                    continue;
                // Past a loop's header and its condition, a second way into the loop would begin: no target could write that as a loop.
                if (middle.Edges.Count == 2 && IsHeader(middle, dominators ??= new Dominators(function)))
                    continue;
                Value[] arguments = [.. next.Arguments.Select(value => Along(edge, value))];
                edge.To = next.To;
                edge.Arguments.Clear();
                edge.Arguments.AddRange(arguments);
                changed = true;
            }
        }

        return changed;
    }

    static bool IsHeader(Block block, Dominators dominators) =>
        dominators.Incoming[block].Exists(back => dominators.Dominates(block, back.From));

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
            foreach (Instruction instruction in block.Instructions)
            {
                foreach (Value operand in instruction.Operands)
                    Count(operand, uses);
            }

            CountAtEnd(block, uses);
        }

        return uses;
    }

    static bool OnlyUsedAtEnd(Block block, Dictionary<Value, int> uses)
    {
        var atEnd = new Dictionary<Value, int>();
        CountAtEnd(block, atEnd);
        return block.Arguments.TrueForAll(argument => uses.GetValueOrDefault(argument) == atEnd.GetValueOrDefault(argument));
    }

    static void CountAtEnd(Block block, Dictionary<Value, int> uses)
    {
        if (block.Condition != null)
            Count(block.Condition, uses);
        foreach (Edge edge in block.Edges)
        {
            foreach (Value value in edge.Arguments)
                Count(value, uses);
        }
    }

    static void Count(Value value, Dictionary<Value, int> uses)
    {
        if (value is BlockArgument)
            uses[value] = uses.GetValueOrDefault(value) + 1;
    }

    static void Join(Function function)
    {
        var incoming = new Dictionary<Block, int>();
        foreach (Block block in function.Blocks)
        {
            foreach (Edge edge in block.Edges)
                incoming[edge.To] = incoming.GetValueOrDefault(edge.To) + 1;
        }

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
