using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Counts the iterations of a loop by running it on those of its values that are constants: counters, mostly.</summary>
sealed class TripCount
{
    readonly Loop loop;
    readonly HashSet<Value> inside = [];
    readonly List<Block> exits;
    readonly List<int> counters = [];
    Dictionary<Value, ulong> arguments = [];
    readonly Dictionary<Value, ulong?> known = [];

    public TripCount(Loop loop, Dominators dominators)
    {
        this.loop = loop;
        foreach (Block block in loop.Body)
        {
            foreach (Instruction instruction in block.Instructions)
                inside.Add(instruction);
        }

        // Branches out of the loop that come in every iteration: those on which all edges back depend.
        exits = dominators.Blocks.FindAll(block => loop.Body.Contains(block) && block.Edges.Count == 2
            && loop.Body.Contains(block.Edges[0].To) != loop.Body.Contains(block.Edges[1].To)
            && loop.Back.TrueForAll(edge => dominators.Dominates(block, edge.From)));
        FindCounters();
    }

    /// <summary>After how many whole iterations which branch leaves the loop at the latest; null if that is not known, or after more than <paramref name="most"/>.</summary>
    public (int Iterations, Block Exit)? Count(int most)
    {
        foreach (int a in counters)
        {
            Add(arguments, a, loop.Entering, edge => edge.Arguments[a] is Constant constant
                && !constant.Type.IsPointer() ? constant.Bits : null);
        }

        for (int iteration = 0; iteration <= most; iteration++)
        {
            known.Clear();
            exits.RemoveAll(exit => Evaluate(exit.Condition!) == null);
            foreach (Block exit in exits)
            {
                bool first = Evaluate(exit.Condition!) != 0;
                if (!loop.Body.Contains(exit.Edges[first ? 0 : 1].To))
                    return (iteration, exit);
            }

            if (exits.Count == 0)
                return null;
            var next = new Dictionary<Value, ulong>();
            foreach (int a in counters)
                Add(next, a, loop.Back, edge => Evaluate(edge.Arguments[a]));
            arguments = next;
        }

        return null;
    }

    // The header's arguments that the exits depend on; sums and the like are of no interest.
    void FindCounters()
    {
        var seen = new HashSet<Value>();
        var work = new Stack<Value>();
        void Visit(Value value)
        {
            if (seen.Add(value))
                work.Push(value);
        }

        foreach (Block exit in exits)
            Visit(exit.Condition!);
        while (work.TryPop(out Value? value))
        {
            if (value is Instruction instruction && inside.Contains(value) && instruction.Op.Row().Foldable)
            {
                foreach (Value operand in instruction.Operands)
                    Visit(operand);
            }
            else if (value is BlockArgument argument && loop.Header.Arguments.IndexOf(argument) is >= 0 and var place)
            {
                counters.Add(place);
                foreach (Edge edge in loop.Back)
                    Visit(edge.Arguments[place]);
            }
        }
    }

    // The argument is known if all edges give it the same constant.
    void Add(Dictionary<Value, ulong> to, int place, List<Edge> edges, Func<Edge, ulong?> given)
    {
        if (given(edges[0]) is not { } bits)
            return;
        for (int e = 1; e < edges.Count; e++)
        {
            if (given(edges[e]) != bits)
                return;
        }

        to.Add(loop.Header.Arguments[place], bits);
    }

    ulong? Evaluate(Value value)
    {
        if (value is Constant constant)
            return constant.Type.IsPointer() ? null : constant.Bits;
        if (arguments.TryGetValue(value, out ulong bits))
            return bits;
        if (value is not Instruction instruction || !instruction.Op.Row().Foldable || !inside.Contains(value))
            return null;
        if (known.TryGetValue(value, out ulong? result))
            return result;
        Value[] operands = instruction.Operands;
        Span<ulong> given = stackalloc ulong[3];
        bool all = true;
        for (int o = 0; o < operands.Length && all; o++)
        {
            if (Evaluate(operands[o]) is { } operand)
                given[o] = operand;
            else
                all = false;
        }

        IrType type = instruction.Op.Row().OperandType(operands);
        result = all ? Semantics.Evaluate(instruction.Op, type, instruction.Type, given[0], given[1], given[2]) : null;
        known.Add(value, result);
        return result;
    }
}
