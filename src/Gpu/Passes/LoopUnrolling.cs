using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Writes loops out whose trip count is a constant, so that what their counters decide (indices of local arrays, conditions) becomes
/// constant too. Inner loops go first. The trip count is found by running the loop on what is known of it.
/// </summary>
static class LoopUnrolling
{
    const int MostIterations = 64;

    /// <summary>The most operations that a loop with others in it, which stay loops, may become; for others see <see cref="Function.UnrollLimit"/>.</summary>
    const int LargestNest = 500;

    public static void Run(Function function)
    {
        var tried = new HashSet<Block>();
        while (UnrollOne(function, tried))
        {
        }
    }

    static bool UnrollOne(Function function, HashSet<Block> tried)
    {
        var dominators = new Dominators(function);
        foreach (Loop loop in NaturalLoops.Find(dominators))
        {
            // Whether a loop can be unrolled depends on the loops within it, which come before it.
            if (!tried.Add(loop.Header) || AllocatesShared(loop))
                continue;
            if (new TripCount(loop, dominators).Count(MostIterations) is not { } count
                || Size(loop) * (count.Iterations + 1) > (HasInner(loop, dominators)
                ? Math.Min(LargestNest, function.UnrollLimit) : function.UnrollLimit))
            {
                continue;
            }

            HashSet<Value> used = UsedOutside(function, loop);
            if (used.Count > 0)
            {
                // Which of several ways out a value took is not worth finding out.
                if (SingleExit(loop) is not { } exit)
                    continue;
                PassThrough(function, dominators, loop, exit, used);
            }

            new LoopUnroller(function, dominators, loop).Write(count.Iterations, count.Exit);
            ControlFlowSimplification.RemoveUnreachable(function);
            return true;
        }

        return false;
    }

    // Shared memory exists once, however often its allocation is written.
    static bool AllocatesShared(Loop loop)
    {
        foreach (Block block in loop.Body)
        {
            if (block.Instructions.Exists(i => i.Op == Op.SharedAllocate))
                return true;
        }

        return false;
    }

    static bool HasInner(Loop loop, Dominators dominators)
    {
        foreach (Block block in loop.Body)
        {
            if (block != loop.Header && dominators.Incoming[block].Exists(edge => dominators.Dominates(block, edge.From)))
                return true;
        }

        return false;
    }

    static int Size(Loop loop)
    {
        int size = 0;
        foreach (Block block in loop.Body)
            size += block.Instructions.Count + 1;
        return size;
    }

    // The one block that all ways out lead to; null if there are several.
    static Block? SingleExit(Loop loop)
    {
        Block? exit = null;
        foreach (Block block in loop.Body)
        {
            foreach (Edge edge in block.Edges)
            {
                if (loop.Body.Contains(edge.To) || edge.To == exit)
                    continue;
                if (exit != null)
                    return null;
                exit = edge.To;
            }
        }

        return exit;
    }

    // Values of the loop that are used after it become arguments of a block behind it, since each copy of the loop has its own.
    static void PassThrough(Function function, Dominators dominators, Loop loop, Block exit, HashSet<Value> used)
    {
        Block behind = exit;
        List<Edge> leaving = dominators.Incoming[exit].FindAll(edge => loop.Body.Contains(edge.From));
        if (leaving.Count != dominators.Incoming[exit].Count)
        {
            // The exit has other ways in; what it takes from the loop goes through a block of its own.
            behind = new Block();
            var jump = new Edge(behind, exit);
            foreach (BlockArgument argument in exit.Arguments)
            {
                var passed = new BlockArgument(argument.Type);
                behind.Arguments.Add(passed);
                jump.Arguments.Add(passed);
            }

            behind.Jump(jump);
            foreach (Edge edge in leaving)
                edge.To = behind;
            function.Blocks.Add(behind);
        }

        var replacements = new Dictionary<Value, Value>();
        foreach (Value value in Ordered(dominators, loop, used))
        {
            var argument = new BlockArgument(value.Type);
            replacements.Add(value, argument);
            behind.Arguments.Add(argument);
        }

        foreach (Block block in function.Blocks)
        {
            if (!loop.Body.Contains(block))
                Replace(block, replacements);
        }

        foreach (Edge edge in leaving)
            edge.Arguments.AddRange(replacements.Keys);
    }

    static HashSet<Value> UsedOutside(Function function, Loop loop)
    {
        var inside = new HashSet<Value>();
        foreach (Block block in loop.Body)
        {
            inside.UnionWith(block.Arguments);
            inside.UnionWith(block.Instructions);
        }

        var used = new HashSet<Value>();
        void Use(Value? value)
        {
            if (value != null && inside.Contains(value))
                used.Add(value);
        }

        foreach (Block block in function.Blocks)
        {
            if (loop.Body.Contains(block))
                continue;
            foreach (Instruction instruction in block.Instructions)
            {
                foreach (Value operand in instruction.Operands)
                    Use(operand);
            }

            Use(block.Condition);
            foreach (Edge edge in block.Edges)
                edge.Arguments.ForEach(Use);
        }

        return used;
    }

    // In the order of the text, so that equal kernels give equal texts.
    static IEnumerable<Value> Ordered(Dominators dominators, Loop loop, HashSet<Value> values) =>
        dominators.Blocks.Where(loop.Body.Contains).SelectMany(block => block.Arguments.Concat<Value>(block.Instructions))
        .Where(values.Contains);

    static void Replace(Block block, Dictionary<Value, Value> replacements)
    {
        foreach (Instruction instruction in block.Instructions)
        {
            for (int o = 0; o < instruction.Operands.Length; o++)
                instruction.Operands[o] = replacements.GetValueOrDefault(instruction.Operands[o], instruction.Operands[o]);
        }

        if (block.Condition != null)
            block.Condition = replacements.GetValueOrDefault(block.Condition, block.Condition);
        foreach (Edge edge in block.Edges)
        {
            for (int a = 0; a < edge.Arguments.Count; a++)
                edge.Arguments[a] = replacements.GetValueOrDefault(edge.Arguments[a], edge.Arguments[a]);
        }
    }
}
