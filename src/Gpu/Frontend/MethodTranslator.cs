using System.Reflection;
using System.Reflection.Metadata;
using Dalle2.Gpu.Ir;
using Constant = Dalle2.Gpu.Ir.Constant;

namespace Dalle2.Gpu.Frontend;

/// <summary>
/// Translates one call: the method's intermediate language is run on an evaluation stack of <see cref="Item"/>s, block by block, in an order in
/// which all but the back edges of loops come before their targets. Calls within are translated in place.
/// </summary>
sealed partial class MethodTranslator
{
    readonly SsaBuilder builder;
    readonly MethodBase method;
    readonly MethodTranslator? caller;
    readonly MethodCode code;
    readonly Variable[] arguments;
    readonly Variable[] locals;
    readonly Dictionary<int, Entry> entries = [];
    readonly List<(Block Block, Item? Value)> returns = [];
    Stack<Item> stack = new();

    public MethodTranslator(SsaBuilder builder, MethodBase method, Item[] values, MethodTranslator? caller)
    {
        this.builder = builder;
        this.method = method;
        this.caller = caller;
        for (MethodTranslator? above = caller; above != null; above = above.caller)
        {
            if (above.method == method)
                throw Diagnostic.Recursion.At(builder.Position, NameOf(method));
        }

        code = MethodCode.Of(method) ?? throw Diagnostic.NoBody.At(builder.Position, NameOf(method));
        if (code.HasHandlers)
        {
            throw System.Array.Find(code.Locals, Advice.IsEnumerator) is { } enumerator
                ? Diagnostic.ManagedObject.At(new SourcePosition(method, 0), SourceNames.Of(enumerator), Advice.Loop)
                : Diagnostic.ExceptionHandling.At(new SourcePosition(method, 0), "try");
        }

        arguments = [.. code.Arguments.Select(Declare)];
        for (int a = 0; a < arguments.Length; a++)
            Write(arguments[a], values[a]);
        locals = [.. code.Locals.Select(Declare)];
        foreach (Variable local in locals)
            Clear(local);
    }

    /// <summary>Translates the call; the builder then stands where it returns. Gives the returned value, if there is one.</summary>
    public Item? Run()
    {
        SourcePosition call = builder.Position;
        foreach (int offset in code.Order)
        {
            // All but the back edges have been translated: no edge means that constants decide against it.
            if (offset != 0 && EntryOf(offset).Edges.Count == 0)
            {
                foreach (int successor in code[offset].Successors)
                    Skip(successor);
                continue;
            }

            // The first block of a call continues the caller's, unless a loop leads back to it.
            if (offset != 0 || code.Incoming.ContainsKey(0))
                Begin(offset);
            List<IlInstruction> instructions = code[offset].Instructions;
            try
            {
                TranslateBlock(instructions, call);
            }
            catch (KernelDiagnosticException e) when (instructions[^1].Code == ILOpCode.Throw
            && e.Code != Diagnostic.ExceptionHandling.Code)
            {
                // A message is put together, of which kernels have nothing: what is wrong is the throw.
                throw Diagnostic.ExceptionHandling.At(Place(instructions[^1].Offset, call), "throw");
            }

            if (!EndsInTransfer(instructions[^1]))
                Branch(code[offset].Successors[0]);
        }

        builder.Position = call;
        return Return();
    }

    void TranslateBlock(List<IlInstruction> instructions, SourcePosition call)
    {
        for (int i = 0; i < instructions.Count; i++)
        {
            builder.Position = Place(instructions[i].Offset, call);
            // From unsigned integers to float there is no instruction of its own: .NET takes the two in a row as one, rounded once.
            if (instructions[i].Code == ILOpCode.Conv_r_un && i + 1 < instructions.Count && instructions[i + 1].Code == ILOpCode.Conv_r4)
                Push(FromUnsigned(Number(Pop()), IrType.F32));
            else
                Translate(instructions[i]);
        }
    }

    // What stands in a library is told as the place that calls it.
    SourcePosition Place(int offset, SourcePosition call) => caller != null && IsWithinLibrary ? call : new SourcePosition(method, offset);

    // The blocks of the graph that the intermediate language's offsets became.
    sealed class Entry(Block block)
    {
        public Block Block { get; } = block;

        public List<(Edge Edge, Item[] Stack)> Edges { get; } = [];

        /// <summary>Edges that constants decide against.</summary>
        public int Skipped { get; set; }
    }

    Entry EntryOf(int offset)
    {
        if (!entries.TryGetValue(offset, out Entry? entry))
            entries.Add(offset, entry = new Entry(builder.NewBlock()));
        return entry;
    }

    void Begin(int offset)
    {
        if (offset == 0)
            Branch(0);
        Entry entry = EntryOf(offset);
        builder.Current = entry.Block;
        builder.Position = Place(offset, builder.Position);
        bool complete = entry.Edges.Count + entry.Skipped == Expected(offset);
        int depth = entry.Edges[0].Stack.Length;
        if (depth > 0 && !complete)
            throw Diagnostic.Instruction.At(builder.Position, "of a loop within an expression");
        stack = new Stack<Item>(Enumerable.Range(0, depth)
            .Select(d => Merge(entry.Block, [.. entry.Edges.Select(e => (e.Edge.From, e.Stack[d]))])));
    }

    int Expected(int offset) => code.Incoming.GetValueOrDefault(offset) + (offset == 0 ? 1 : 0);

    // An edge from the current block.
    void Branch(int offset)
    {
        Entry entry = EntryOf(offset);
        entry.Edges.Add((builder.Connect(builder.Current, entry.Block), [.. stack.Reverse()]));
        if (entry.Edges.Count + entry.Skipped == Expected(offset))
            builder.Seal(entry.Block);
    }

    // An edge that no thread takes.
    void Skip(int offset)
    {
        Entry entry = EntryOf(offset);
        entry.Skipped++;
        if (entry.Edges.Count > 0 && entry.Edges.Count + entry.Skipped == Expected(offset))
            builder.Seal(entry.Block);
    }

    void Branch(Value condition, IlInstruction instruction)
    {
        if (builder.FollowsConstants && condition is Constant { Bits: var taken } && (int)instruction.Number != instruction.Next)
        {
            Branch(taken != 0 ? (int)instruction.Number : instruction.Next);
            Skip(taken != 0 ? instruction.Next : (int)instruction.Number);
            return;
        }

        builder.Current.Condition = condition;
        Branch((int)instruction.Number);
        Branch(instruction.Next);
    }

    void Switch(IlInstruction instruction)
    {
        Value value = Number(Pop());
        for (int t = 0; t < instruction.Targets.Length; t++)
        {
            builder.Current.Condition = builder.Emit(Op.Equal, value, builder.Function.Constant(t));
            Branch(instruction.Targets[t]);
            Block next = builder.NewBlock();
            builder.Connect(builder.Current, next);
            builder.Seal(next);
            builder.Current = next;
        }

        Branch(instruction.Next);
    }

    static bool EndsInTransfer(IlInstruction last) => last.Code is (>= ILOpCode.Br and <= ILOpCode.Switch) or ILOpCode.Ret;

    Item? Return()
    {
        if (returns.Count == 1)
        {
            builder.Current = returns[0].Block;
            return returns[0].Value;
        }

        Block after = builder.NewBlock();
        foreach (var (block, _) in returns)
            builder.Connect(block, after);
        builder.Seal(after);
        builder.Current = after;
        return returns.Count == 0 || returns[0].Value == null
            ? returns.Count == 0 ? Unreachable() : null
            : Merge(after, [.. returns.Select(r => (r.Block, r.Value!))]);
    }

    // What a call that never comes back would return.
    Data? Unreachable() => method is MethodInfo { ReturnType: var type } && type != typeof(void) ? Zero(LayoutOf(type)) : null;

    // One item from those of all the edges into a block that begins.
    Item Merge(Block block, (Block From, Item Item)[] incoming)
    {
        Item first = incoming[0].Item;
        if (incoming.All(i => i.Item == first))
            return first;
        switch (first)
        {
            case Data data when incoming.All(i => i.Item is Data other && other.Values.Length == data.Values.Length):
                return new Data([.. Enumerable.Range(0, data.Values.Length)
                    .Select(v => Merge(block, [.. incoming.Select(i => (i.From, ((Data)i.Item).Values[v]))]))]);
            case ElementAddress element when incoming.All(i => i.Item is ElementAddress other
                && (other.Stride, other.Offset) == (element.Stride, element.Offset)):
                return element with
                {
                    Base = Merge(block, [.. incoming.Select(i => (i.From, ((ElementAddress)i.Item).Base))]),
                    Index = Merge(block, [.. incoming.Select(i => (i.From, ((ElementAddress)i.Item).Index))]),
                };
            default:
                throw Diagnostic.AmbiguousReference.At(builder.Position);
        }
    }

    Value Merge(Block block, (Block From, Value Value)[] incoming)
    {
        Value first = incoming[0].Value;
        if (incoming.All(i => i.Value == first))
            return first;
        IrType[] types = [.. incoming.Select(i => i.Value.Type).Distinct()];
        IrType type = types.Length == 1 || types.All(t => t.IsPointer()) ? types[0] : Common(incoming, types);
        Value[] values = [.. incoming.Select(i => At(i.From, () => Coerce(i.Value, type)))];
        return builder.AddArgument(block, type, values);
    }

    // The literals 0 and 1 stand for bools as for integers.
    static IrType Common((Block From, Value Value)[] incoming, IrType[] types)
    {
        if (incoming.All(i => i.Value.Type == IrType.Bool || i.Value is Constant { Type: IrType.I32, Bits: 0 or 1 }))
            return IrType.Bool;
        return types.Contains(IrType.F64) ? IrType.F64 : types.Contains(IrType.I64) ? IrType.I64 : IrType.I32;
    }

    // Conversions go to the end of the block that the value comes from.
    Value At(Block block, Func<Value> emit)
    {
        Block current = builder.Current;
        builder.Current = block;
        Value value = emit();
        builder.Current = current;
        return value;
    }

    Item Pop() => stack.Pop();

    void Push(Item item) => stack.Push(item);

    void Push(Value value) => stack.Push(new Data([value]));

    static string NameOf(MethodBase method) => SourceNames.Of(method);
}
