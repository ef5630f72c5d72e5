namespace Dalle2.Gpu.Ir;

/// <summary>One kernel with everything that it calls, in static single assignment form. The first block is the entry; no edge leads to it.</summary>
sealed class Function(string name, int indexRank)
{
    readonly Dictionary<(IrType Type, ulong Bits), Constant> constants = [];

    public string Name { get; } = name;

    /// <summary>Of an implicitly grouped kernel, how many of the first parameters are the thread's index; else 0.</summary>
    public int IndexRank { get; } = indexRank;

    /// <summary>Whether the target has matrix units and copies to shared memory, which come together: then their operations may occur.</summary>
    public bool HasMatrixUnits { get; init; }

    /// <summary>The bytes of shared memory that the launch decides; a constant here.</summary>
    public int DynamicSharedBytes { get; init; }

    public List<Parameter> Parameters { get; } = [];

    /// <summary>The most operations that a loop may become when its iterations are written out.</summary>
    public int UnrollLimit { get; set; } = 4000;

    public List<Block> Blocks { get; } = [];

    /// <summary>What the instructions <see cref="Op.Require"/> ask for; <see cref="CheckReference.Number"/> of each is an index into this.</summary>
    public List<Check> Checks { get; } = [];

    /// <summary>Members that the kernel calls and compiled code leaves out: printing always, assertions where nothing is checked.</summary>
    public SortedSet<string> LeftOut { get; } = new(StringComparer.Ordinal);

    public Block Entry => Blocks[0];

    /// <summary>The one constant of these bits.</summary>
    public Constant Constant(IrType type, ulong bits)
    {
        if (!constants.TryGetValue((type, bits), out Constant? constant))
            constants.Add((type, bits), constant = new Constant(type, bits));
        return constant;
    }

    public Constant Constant(int value) => Constant(IrType.I32, (uint)value);

    public Constant Constant(long value) => Constant(IrType.I64, (ulong)value);

    /// <summary>Replaces operands everywhere, through chains of replacements.</summary>
    public void Replace(Dictionary<Value, Value> replacements)
    {
        if (replacements.Count == 0)
            return;
        Value Resolve(Value value)
        {
            while (replacements.TryGetValue(value, out Value? next))
                value = next;
            return value;
        }

        foreach (Block block in Blocks)
        {
            foreach (Instruction instruction in block.Instructions)
            {
                for (int o = 0; o < instruction.Operands.Length; o++)
                    instruction.Operands[o] = Resolve(instruction.Operands[o]);
            }

            if (block.Condition != null)
                block.Condition = Resolve(block.Condition);
            foreach (Edge edge in block.Edges)
            {
                for (int a = 0; a < edge.Arguments.Count; a++)
                    edge.Arguments[a] = Resolve(edge.Arguments[a]);
            }
        }
    }
}

/// <summary>Instructions in a row, and where control goes after them: nowhere (return), along one edge, or along the first edge if the condition holds, else along the second.</summary>
sealed class Block
{
    public List<BlockArgument> Arguments { get; } = [];

    public List<Instruction> Instructions { get; set; } = [];

    /// <summary>A bool, if there are two edges.</summary>
    public Value? Condition { get; set; }

    public List<Edge> Edges { get; } = [];

    public void Jump(Edge edge)
    {
        Condition = null;
        Edges.Clear();
        Edges.Add(edge);
    }
}

/// <summary>A way from one block to another, with values for the arguments of the other.</summary>
sealed class Edge(Block from, Block to)
{
    public Block From { get; set; } = from;

    public Block To { get; set; } = to;

    public List<Value> Arguments { get; init; } = [];
}
