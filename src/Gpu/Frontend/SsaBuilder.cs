using System.Reflection;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// Builds a function in static single assignment form from reads and writes of variables' slots, after Braun et al., "Simple and efficient
/// construction of static single assignment form" (2013). A block is sealed when all edges into it are known; until then its reads are arguments.
/// </summary>
sealed class SsaBuilder
{
    readonly List<IrType> slots = [];
    readonly Dictionary<Block, BlockState> states = [];

    public SsaBuilder(Function function)
    {
        Function = function;
        Current = NewBlock();
        Seal(Current);
    }

    public Function Function { get; }

    /// <summary>The arrays of static fields that the kernel reads.</summary>
    public Dictionary<FieldInfo, ManagedArray> ConstantArrays { get; } = [];

    /// <summary>The kernel's dynamic shared memory, all of which is one block; null until it is asked for.</summary>
    public Value? DynamicShared { get; set; }

    /// <summary>Whether branches whose conditions are constants are followed while translating, so that more is constant behind them.</summary>
    public bool FollowsConstants { get; init; }

    /// <summary>Where instructions go.</summary>
    public Block Current { get; set; }

    /// <summary>Where instructions come from.</summary>
    public SourcePosition Position { get; set; }

    public Block NewBlock()
    {
        var block = new Block();
        Function.Blocks.Add(block);
        states.Add(block, new BlockState());
        return block;
    }

    /// <summary>Adds the next edge out of a block.</summary>
    public Edge Connect(Block from, Block to)
    {
        var edge = new Edge(from, to);
        from.Edges.Add(edge);
        states[to].Incoming.Add(edge);
        return edge;
    }

    /// <summary>No more edges lead to the block.</summary>
    public void Seal(Block block)
    {
        BlockState state = states[block];
        state.Sealed = true;
        foreach (var (slot, argument) in state.Open)
            Complete(block, slot, argument);
        state.Open.Clear();
    }

    /// <summary>A slot of some type.</summary>
    public int NewSlot(IrType type)
    {
        slots.Add(type);
        return slots.Count - 1;
    }

    public void Write(int slot, Value value) => states[Current].Values[slot] = value;

    public Value Read(int slot) => Read(slot, Current);

    /// <summary>Appends an instruction, unless its value is known.</summary>
    public Value Emit(Op op, IrType type, Immediate? immediate, params Value[] operands)
    {
        if (Folding.Simplify(Function, op, type, operands) is { } known)
            return known;
        var instruction = new Instruction(op, type, operands, immediate, Position);
        Current.Instructions.Add(instruction);
        return instruction;
    }

    /// <summary>Appends an operation whose type follows from its operands.</summary>
    public Value Emit(Op op, params Value[] operands) => Emit(op, op.Row().ResultType(operands), null, operands);

    public Value Convert(Op op, IrType type, Value value) => Emit(op, type, null, value);

    /// <summary>An argument of the block, with a value for each edge in the order in which the edges were made.</summary>
    public BlockArgument AddArgument(Block block, IrType type, IEnumerable<Value> values)
    {
        var argument = new BlockArgument(type);
        block.Arguments.Add(argument);
        foreach (var (edge, value) in states[block].Incoming.Zip(values))
            edge.Arguments.Add(value);
        return argument;
    }

    Value Read(int slot, Block block)
    {
        BlockState state = states[block];
        if (state.Values.TryGetValue(slot, out Value? value))
            return value;
        if (!state.Sealed)
        {
            var argument = new BlockArgument(slots[slot]);
            state.Open.Add((slot, argument));
            value = argument;
        }
        else if (state.Incoming.Count == 0)
        {
            // Only in blocks that cannot be reached: every variable is written before the first branch.
            value = Function.Constant(slots[slot], 0);
        }
        else if (state.Incoming.Count == 1)
        {
            value = Read(slot, state.Incoming[0].From);
        }
        else
        {
            var argument = new BlockArgument(slots[slot]);
            state.Values[slot] = argument;
            Complete(block, slot, argument);
            return argument;
        }

        state.Values[slot] = value;
        return value;
    }

    void Complete(Block block, int slot, BlockArgument argument)
    {
        // The values first: reading them may give the block further arguments.
        Value[] values = [.. states[block].Incoming.Select(edge => Read(slot, edge.From))];
        block.Arguments.Add(argument);
        foreach (var (edge, value) in states[block].Incoming.Zip(values))
            edge.Arguments.Add(value);
    }

    sealed class BlockState
    {
        public List<Edge> Incoming { get; } = [];

        public Dictionary<int, Value> Values { get; } = [];

        public List<(int Slot, BlockArgument Argument)> Open { get; } = [];

        public bool Sealed { get; set; }
    }
}
