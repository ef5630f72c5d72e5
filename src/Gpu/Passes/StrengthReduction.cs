using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Replaces the product of a loop's counter and a value that the loop does not change by a sum that grows with the counter. Integers wrap around alike in both.</summary>
static class StrengthReduction
{
    /// <summary>The most sums that a loop carries for this: each occupies a register.</summary>
    const int MostSums = 4;

    public static void Run(Function function)
    {
        if (!function.Blocks.Exists(block => block.Arguments.Count > 0 && block.Edges.Count > 0))
            return;
        var (dominators, loops) = NaturalLoops.WithBlocksBefore(function);
        var replacements = new Dictionary<Value, Value>();
        foreach (Loop loop in loops)
            Reduce(function, loop, dominators.Blocks.FindAll(loop.Body.Contains), replacements);
        function.Replace(replacements);
    }

    static void Reduce(Function function, Loop loop, List<Block> body, Dictionary<Value, Value> replacements)
    {
        List<Instruction> products = [.. body.SelectMany(block => block.Instructions)
            .Where(i => i.Op == Op.Multiply && i.Type.IsInteger() && !replacements.ContainsKey(i))];
        if (products.Count == 0)
            return;
        HashSet<Value> inside = Inside(loop);
        int sums = 0;
        // New sums are counters too.
        for (int a = 0; a < loop.Header.Arguments.Count; a++)
        {
            BlockArgument counter = loop.Header.Arguments[a];
            if (!counter.Type.IsInteger() || Next(loop, a, inside) is not { } next)
                continue;
            foreach (Instruction product in products)
            {
                if (sums == MostSums || replacements.ContainsKey(product) || Factor(product, counter, replacements) is not { } factor
                    || inside.Contains(factor))
                {
                    continue;
                }

                replacements.Add(product, Sum(function, loop, a, next, factor, inside));
                sums++;
            }
        }
    }

    // The counter's value in the next iteration, if it is always the counter and something that the loop does not change.
    static Instruction? Next(Loop loop, int place, HashSet<Value> inside)
    {
        Value next = loop.Back[0].Arguments[place];
        foreach (Edge edge in loop.Back)
        {
            if (edge.Arguments[place] != next)
                return null;
        }

        return next is Instruction { Op: Op.Add, Operands: [var counter, var step] } add && counter == loop.Header.Arguments[place]
            && !inside.Contains(step) ? add : null;
    }

    static Value? Factor(Instruction product, BlockArgument counter, Dictionary<Value, Value> replacements)
    {
        Value first = Resolve(product.Operands[0], replacements), second = Resolve(product.Operands[1], replacements);
        return first == counter ? second : second == counter ? first : null;
    }

    static Value Resolve(Value value, Dictionary<Value, Value> replacements)
    {
        while (replacements.TryGetValue(value, out Value? next))
            value = next;
        return value;
    }

    static HashSet<Value> Inside(Loop loop)
    {
        var inside = new HashSet<Value>();
        foreach (Block block in loop.Body)
        {
            inside.UnionWith(block.Arguments);
            inside.UnionWith(block.Instructions);
        }

        return inside;
    }

    static BlockArgument Sum(Function function, Loop loop, int place, Instruction next, Value factor, HashSet<Value> inside)
    {
        Block before = loop.Before!;
        Value start = Emit(function, before, before.Instructions.Count, Op.Multiply, before.Edges[0].Arguments[place], factor,
            next.Position);
        Value step = Emit(function, before, before.Instructions.Count, Op.Multiply, next.Operands[1], factor, next.Position);
        var sum = new BlockArgument(factor.Type);
        loop.Header.Arguments.Add(sum);
        before.Edges[0].Arguments.Add(start);
        Block home = loop.Body.First(block => block.Instructions.Contains(next));
        Value grown = Emit(function, home, home.Instructions.IndexOf(next) + 1, Op.Add, sum, step, next.Position);
        inside.Add(sum);
        inside.Add(grown);
        foreach (Edge edge in loop.Back)
            edge.Arguments.Add(grown);
        return sum;
    }

    static Value Emit(Function function, Block block, int place, Op op, Value first, Value second, SourcePosition position)
    {
        Value[] operands = [first, second];
        if (Folding.Simplify(function, op, first.Type, operands) is { } known)
            return known;
        var instruction = new Instruction(op, first.Type, operands, null, position);
        block.Instructions.Insert(place, instruction);
        return instruction;
    }
}
