using System.Text;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>The lines of one entry, and the registers, labels and memory that they name.</summary>
sealed class PtxEmitter
{
    static readonly IrType[] Kinds = [IrType.Bool, IrType.I32, IrType.I64, IrType.F32, IrType.F64];

    readonly Dictionary<Value, string> registers = [];
    readonly Dictionary<Block, string> labels = [];
    readonly Dictionary<string, int> counts = [];
    readonly HashSet<Value> used = [];
    readonly List<string> memory = [];
    // Addresses that the current block has computed already.
    readonly Dictionary<(Value Base, Value Index, int Stride), string> addresses = [];
    readonly StringBuilder text = new();

    public PtxEmitter(Function function)
    {
        foreach (Block block in function.Blocks)
        {
            labels.Add(block, $"B{labels.Count}");
            foreach (Instruction instruction in block.Instructions)
                used.UnionWith(instruction.Operands);
            foreach (Edge edge in block.Edges)
                used.UnionWith(edge.Arguments);
            if (block.Condition != null)
                used.Add(block.Condition);
        }
    }

    public string Text => text.ToString();

    /// <summary>Bytes of shared memory declared so far.</summary>
    public int SharedBytes { get; private set; }

    /// <summary>Whether anything takes the value; of parameters, many only have checks that do.</summary>
    public bool IsUsed(Value value) => used.Contains(value);

    public void Line(string line) => text.Append("    ").Append(line).Append(";\n");

    public void Mark(string label)
    {
        text.Append(label).Append(":\n");
        addresses.Clear();
    }

    public string Label(Block block) => labels[block];

    /// <summary>Begins a block; its arguments have registers that the edges have set.</summary>
    public void Begin(Block block) => Mark(Label(block));

    /// <summary>A new register for values of a type.</summary>
    public string Fresh(IrType type)
    {
        string prefix = PtxTypes.Register(type).Prefix;
        int number = counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
        return prefix + number;
    }

    /// <summary>The register of a value, which is made with the first mention.</summary>
    public string Define(Value value)
    {
        if (!registers.TryGetValue(value, out string? register))
            registers.Add(value, register = Fresh(value.Type));
        return register;
    }

    /// <summary>A value as an operand: its register or, of a number, the constant itself.</summary>
    public string Operand(Value value) =>
        value is Constant { Type: IrType.I32 or IrType.I64 or IrType.F32 or IrType.F64 } constant ? PtxTypes.Literal(constant) : Register(value);

    /// <summary>A register with the value; constants are moved into one.</summary>
    public string Register(Value value)
    {
        if (value is not Constant constant)
            return Define(value);
        string register = Fresh(constant.Type);
        Move(constant.Type, register, Source(constant));
        return register;
    }

    /// <summary>An element's address in brackets: base + index * stride + offset.</summary>
    public string Address(Instruction access)
    {
        string address = ElementAddress(access.Operands[0], access.Operands[1], access.Access, out int offset);
        return offset == 0 ? $"[{address}]" : $"[{address}{offset:+0;-0}]";
    }

    /// <summary>A register with base + index * stride, and the bytes still to be added to it.</summary>
    public string ElementAddress(Value start, Value index, Access access, out int offset)
    {
        offset = access.Offset;
        if (index is Constant constant)
        {
            long bytes = (constant.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits) * access.Stride + offset;
            if (bytes == (int)bytes)
            {
                offset = (int)bytes;
                return Register(start);
            }
        }

        if (addresses.TryGetValue((start, index, access.Stride), out string? known))
            return known;
        string address = Fresh(start.Type);
        if (start.Type == IrType.Shared)
        {
            string narrow = Operand(index);
            if (index.Type == IrType.I64 && index is not Constant)
            {
                narrow = Fresh(IrType.I32);
                Line($"cvt.u32.u64 {narrow}, {Operand(index)}");
            }

            Line($"mad.lo.s32 {address}, {narrow}, {access.Stride}, {Register(start)}");
        }
        else
        {
            Line($"{(index.Type == IrType.I32 ? "mad.wide.s32" : "mad.lo.s64")} {address}, {Operand(index)}, {access.Stride}, {Register(start)}");
        }

        addresses.Add((start, index, access.Stride), address);
        return address;
    }

    /// <summary>Declares memory of the group; gives its name.</summary>
    public string Shared(int bytes)
    {
        string name = $"shared{memory.Count}";
        memory.Add($".shared .align 16 .b8 {name}[{Math.Max(1, bytes)}]");
        SharedBytes = (SharedBytes + 15) / 16 * 16 + Math.Max(1, bytes);
        return name;
    }

    /// <summary>Gives the arguments of an edge's target their values, all at once: where one's old value is another's new one, it is kept aside.</summary>
    public void Pass(Edge edge)
    {
        var moves = new List<(IrType Type, string To, string From)>();
        for (int a = 0; a < edge.Arguments.Count; a++)
        {
            BlockArgument argument = edge.To.Arguments[a];
            string to = Define(argument), from = edge.Arguments[a] is Constant constant ? Source(constant) : Define(edge.Arguments[a]);
            if (to != from)
                moves.Add((argument.Type, to, from));
        }

        while (moves.Count > 0)
        {
            int ready = moves.FindIndex(move => moves.TrueForAll(other => other.From != move.To));
            if (ready >= 0)
            {
                Move(moves[ready].Type, moves[ready].To, moves[ready].From);
                moves.RemoveAt(ready);
                continue;
            }

            // Only cycles are left: open one.
            var (type, kept, _) = moves[0];
            string aside = Fresh(type);
            Move(type, aside, kept);
            for (int m = 0; m < moves.Count; m++)
            {
                if (moves[m].From == kept)
                    moves[m] = moves[m] with { From = aside };
            }
        }
    }

    /// <summary>The declarations of all registers and of the memory that the lines name.</summary>
    public string Declarations()
    {
        var declarations = new StringBuilder();
        foreach (IrType kind in Kinds)
        {
            var (prefix, declared) = PtxTypes.Register(kind);
            if (counts.TryGetValue(prefix, out int count))
                declarations.Append($"    .reg .{declared} {prefix}<{count + 1}>;\n");
        }

        foreach (string variable in memory)
            declarations.Append($"    {variable};\n");
        return declarations.ToString();
    }

    void Move(IrType type, string to, string from) => Line($"mov.{PtxTypes.Bits(type)} {to}, {from}");

    static string Source(Constant constant) => constant.Type == IrType.Bool ? constant.Bits != 0 ? "1" : "0" : PtxTypes.Literal(constant);
}
