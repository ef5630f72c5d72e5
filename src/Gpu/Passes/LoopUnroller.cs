using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Passes;

/// <summary>Writes a loop out, iteration by iteration. No value of the loop may be used outside of it but on the edges that leave it.</summary>
sealed class LoopUnroller(Function function, Dominators dominators, Loop loop)
{
    readonly List<Block> body = dominators.Blocks.FindAll(loop.Body.Contains);
    Dictionary<Value, Value> values = [];
    Dictionary<Block, Block> blocks = [];

    /// <param name="iterations">After so many whole iterations, the loop is left.</param>
    /// <param name="exit">By the branch of this block.</param>
    public void Write(int iterations, Block exit)
    {
        // The way into the first copy, then those from each copy into the next.
        List<Edge> entering = loop.Entering;
        for (int iteration = 0; iteration <= iterations; iteration++)
        {
            entering = WriteTurn(entering);
            Block copy = blocks[exit];
            bool firstLeaves = !loop.Body.Contains(exit.Edges[0].To);
            if (copy.Edges.Count == 2)
                copy.Jump(copy.Edges[firstLeaves == (iteration == iterations) ? 0 : 1]);
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
            given.Add([.. edge.Arguments.Where((_, a) => next[loop.Header.Arguments[a]] is BlockArgument argument
                && edge.To.Arguments.Contains(argument))]);
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

            var repeated = new Instruction(instruction.Op, instruction.Type, operands, instruction.Immediate, instruction.Position);
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
