using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>
/// Writes loops out whose number of turns is a constant, so that what their counters decide (indices of local arrays, conditions) becomes
/// constant too. Inner loops go first. The number of turns is found by running the loop on what is known of it.
/// </summary>
static class Unrolling
{
    const int MostTurns = 64;

    /// <summary>The most operations that a loop may become.</summary>
    const int LargestSize = 4000;

    /// <summary>The same for a loop with others in it, whose turns stay.</summary>
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
            if (!tried.Add(loop.Header) || !Repeats(loop))
                continue;
            if (new TurnCounter(loop, dominators).Count(MostTurns) is not { } count)
                continue;
            if (Size(loop) * (count.Turns + 1) > (dominators.Blocks.Exists(b => b != loop.Header && IsInnerHeader(b, loop, dominators)) ? LargestNest : LargestSize))
                continue;
            Block? exit = SingleExit(loop);
            if (exit == null ? UsedOutside(function, loop).Count > 0 : !PassThrough(function, dominators, loop, exit))
                continue;
            new Copies(function, dominators, loop).Write(count.Turns, count.Exit);
            Branches.RemoveUnreachable(function);
            return true;
        }

        return false;
    }

    // Shared memory exists once, however often its allocation is written.
    static bool Repeats(Loop loop)
    {
        foreach (Block block in loop.Body)
        {
            if (block.Instructions.Exists(i => i.Op == Op.SharedAllocate))
                return false;
        }

        return true;
    }

    static bool IsInnerHeader(Block block, Loop loop, Dominators dominators) =>
        loop.Body.Contains(block) && dominators.Incoming[block].Exists(edge => dominators.Dominates(block, edge.From));

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
    static bool PassThrough(Function function, Dominators dominators, Loop loop, Block exit)
    {
        HashSet<Value> used = UsedOutside(function, loop);
        if (used.Count == 0)
            return true;
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
        return true;
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
        dominators.Blocks.Where(loop.Body.Contains).SelectMany(block => block.Arguments.Concat<Value>(block.Instructions)).Where(values.Contains);

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

    // Writes a loop out, turn by turn.
    sealed class Copies(Function function, Dominators dominators, Loop loop)
    {
        readonly List<Block> body = dominators.Blocks.FindAll(loop.Body.Contains);
        Dictionary<Value, Value> values = [];
        Dictionary<Block, Block> blocks = [];

        /// <param name="turns">After so many whole turns, the loop is left.</param>
        /// <param name="exit">By the branch of this block.</param>
        public void Write(int turns, Block exit)
        {
            // The way into the first copy, then those from each copy into the next.
            List<Edge> entering = loop.Entering;
            for (int turn = 0; turn <= turns; turn++)
            {
                entering = WriteTurn(entering);
                Block copy = blocks[exit];
                bool firstLeaves = !loop.Body.Contains(exit.Edges[0].To);
                if (copy.Edges.Count == 2)
                    copy.Jump(copy.Edges[firstLeaves == (turn == turns) ? 0 : 1]);
                // Another branch may turn out to leave earlier.
                if (entering.Count == 0)
                    return;
            }

            // The last copy is left before it can come here; the edges need a place all the same, until they go.
            foreach (Edge edge in entering)
                edge.To = blocks[loop.Header];
        }

        // Copies the loop and leads the edges into the copy. Gives the edges back to the header, which lead to no place yet.
        List<Edge> WriteTurn(List<Edge> entering)
        {
            var next = new Dictionary<Value, Value>();
            blocks = [];
            foreach (Block block in body)
            {
                var copy = new Block();
                blocks.Add(block, copy);
                function.Blocks.Add(copy);
                for (int a = 0; a < block.Arguments.Count; a++)
                {
                    if (block == loop.Header && Same(entering, a))
                    {
                        next.Add(block.Arguments[a], entering[0].Arguments[a]);
                        continue;
                    }

                    var argument = new BlockArgument(block.Arguments[a].Type);
                    copy.Arguments.Add(argument);
                    next.Add(block.Arguments[a], argument);
                }
            }

            var given = new List<Value[]>();
            foreach (Edge edge in entering)
            {
                edge.To = blocks[loop.Header];
                given.Add([.. edge.Arguments.Where((_, a) => next[loop.Header.Arguments[a]] is BlockArgument argument && edge.To.Arguments.Contains(argument))]);
            }

            for (int e = 0; e < entering.Count; e++)
            {
                entering[e].Arguments.Clear();
                entering[e].Arguments.AddRange(given[e]);
            }

            values = next;
            foreach (Block block in body)
                CopyInstructions(block, blocks[block]);
            var back = new List<Edge>();
            foreach (Block block in body)
                CopyEnd(block, blocks[block], back);
            return back;
        }

        // Where all edges give one value, the copy needs no argument.
        static bool Same(List<Edge> edges, int place) => edges.TrueForAll(edge => edge.Arguments[place] == edges[0].Arguments[place]);

        void CopyInstructions(Block block, Block copy)
        {
            copy.Instructions.EnsureCapacity(block.Instructions.Count);
            foreach (Instruction instruction in block.Instructions)
            {
                var operands = new Value[instruction.Operands.Length];
                for (int o = 0; o < operands.Length; o++)
                    operands[o] = Copied(instruction.Operands[o]);
                if (Folding.Simplify(function, instruction.Op, instruction.Type, operands) is { } known)
                {
                    values.Add(instruction, known);
                    continue;
                }

                var repeated = new Instruction(instruction.Op, instruction.Type, operands, instruction.Access, instruction.Position);
                values.Add(instruction, repeated);
                copy.Instructions.Add(repeated);
            }
        }

        void CopyEnd(Block block, Block copy, List<Edge> back)
        {
            copy.Condition = block.Condition == null ? null : Copied(block.Condition);
            var decided = copy.Condition as Constant;
            if (decided != null)
                copy.Condition = null;
            for (int e = 0; e < block.Edges.Count; e++)
            {
                if (decided != null && e != (decided.Bits != 0 ? 0 : 1))
                    continue;
                Edge edge = block.Edges[e];
                Block to = edge.To == loop.Header ? loop.Header : blocks.GetValueOrDefault(edge.To, edge.To);
                var copied = new Edge(copy, to) { Arguments = edge.Arguments.ConvertAll(Copied) };
                copy.Edges.Add(copied);
                if (edge.To == loop.Header)
                    back.Add(copied);
            }
        }

        Value Copied(Value value) => values.GetValueOrDefault(value, value);
    }
}
