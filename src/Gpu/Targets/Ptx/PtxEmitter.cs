using System.Text;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Targets.Ptx;

/// <summary>The lines of one entry, and the registers, labels and memory that they name.</summary>
sealed class PtxEmitter
{
    /// <summary>The parameter with the address that failed checks are reported to.</summary>
    public const string Report = "report";

    static readonly (string Prefix, string Declared)[] Kinds =
        [("%p", "pred"), ("%h", "b16"), ("%r", "b32"), ("%rd", "b64"), ("%f", "f32"), ("%fd", "f64")];

    readonly Dictionary<Value, string> registers = [];
    readonly Dictionary<Block, string> labels = [];
    readonly Dictionary<string, int> counts = [];
    readonly HashSet<Value> used = [];
    readonly Dictionary<(Value First, int Part), Instruction> parts = [];
    readonly List<string> memory = [];
    readonly List<Instruction> requirements = [];
    // Addresses that the current block has computed already.
    readonly Dictionary<(Value Base, Value Index, int Stride), string> addresses = [];
    readonly StringBuilder text = new();
    int loops;

    public PtxEmitter(Function function, bool alignedViews)
    {
        AlignedViews = alignedViews;
        foreach (Block block in function.Blocks)
        {
            labels.Add(block, $"B{labels.Count}");
            foreach (Instruction instruction in block.Instructions)
            {
                used.UnionWith(instruction.Operands);
                if (instruction.Op == Op.MatrixPart)
                    parts.Add((instruction.Operands[0], ((ResultIndex)instruction.Immediate!).Index), instruction);
            }

            foreach (Edge edge in block.Edges)
                used.UnionWith(edge.Arguments);
            if (block.Condition != null)
                used.Add(block.Condition);
        }
    }

    /// <summary>Whether every view begins at a multiple of 16 bytes.</summary>
    public bool AlignedViews { get; }

    public string Text => text.ToString();

    /// <summary>The thread's lane within its warp, once <see cref="BeginWarp"/> has been there.</summary>
    public string Lane { get; private set; } = "";

    /// <summary>How many threads the group has from the warp's first one on.</summary>
    public string WarpThreads { get; private set; } = "";

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

    /// <summary>Begins a loop within a row, whose label is new.</summary>
    public string Loop()
    {
        string label = $"L{loops++}";
        text.Append(label).Append(":\n");
        return label;
    }

    public string Label(Block block) => labels[block];

    /// <summary>Begins a block; its arguments have registers that the edges have set.</summary>
    public void Begin(Block block) => Mark(Label(block));

    /// <summary>A new register for values of a type.</summary>
    public string Fresh(IrType type) => Fresh(PtxTypes.Register(type).Prefix);

    public string Fresh(string prefix)
    {
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

    /// <summary>The registers of an instruction with four results.</summary>
    public string[] Parts(Instruction first) =>
        [Define(first), .. Enumerable.Range(1, 3)
        .Select(part => parts.TryGetValue((first, part), out Instruction? taken) ? Define(taken) : Fresh(first.Type))];

    /// <summary>Says that a value is in a register already.</summary>
    public void Name(Value value, string register) => registers.Add(value, register);

    /// <summary>A value as an operand: its register or, of a number, the constant itself.</summary>
    public string Operand(Value value) =>
        value is Constant { Type: IrType.I32 or IrType.I64 or IrType.F32 or IrType.F64 } constant
        ? PtxTypes.Literal(constant) : Register(value);

    /// <summary>A register with the value; constants are moved into one.</summary>
    public string Register(Value value)
    {
        if (value is not Constant constant)
            return Define(value);
        string register = Fresh(constant.Type);
        Move(constant.Type, register, Source(constant));
        return register;
    }

    /// <summary>An element's address in brackets.</summary>
    public string Address(Instruction access) => Address(access.Operands[0], access.Operands[1], access.Access);

    /// <summary>The same of any pointer and index.</summary>
    public string Address(Value start, Value index, Access access)
    {
        var (register, offset) = ElementAddress(start, index, access);
        return offset == 0 ? $"[{register}]" : $"[{register}+{offset}]";
    }

    /// <summary>An element's address as a register and the bytes still to be added to it.</summary>
    public (string Register, int Offset) ElementAddress(Instruction access) =>
        ElementAddress(access.Operands[0], access.Operands[1], access.Access);

    /// <summary>The same of any pointer and index.</summary>
    public (string Register, int Offset) ElementAddress(Value start, Value index, Access access)
    {
        var (_, stride, offset) = access;
        if (index is Constant constant)
        {
            long bytes = (constant.Type == IrType.I32 ? (int)constant.Bits : (long)constant.Bits) * stride + offset;
            if (bytes == (int)bytes)
                return (Register(start), (int)bytes);
        }

        if (addresses.TryGetValue((start, index, stride), out string? known))
            return (known, offset);
        string address = Fresh(start.Type);
        if (start.Type == IrType.Shared)
        {
            string narrow = Operand(index);
            if (index.Type == IrType.I64 && index is not Constant)
            {
                narrow = Fresh(IrType.I32);
                Line($"cvt.u32.u64 {narrow}, {Operand(index)}");
            }

            Line($"mad.lo.s32 {address}, {narrow}, {stride}, {Register(start)}");
        }
        else
        {
            Line($"{(index.Type == IrType.I32 ? "mad.wide.s32" : "mad.lo.s64")} {address}, {Operand(index)}, {stride}, {Register(start)}");
        }

        addresses.Add((start, index, stride), address);
        return (address, offset);
    }

    /// <summary>Declares a variable in a pointer's space; gives its name.</summary>
    public string Declare(IrType pointer, Allocation extent)
    {
        string space = PtxTypes.Space(pointer), name = $"{space}{memory.Count}";
        int bytes = Math.Max(1, checked((int)extent.Bytes));
        memory.Add($".{space} .align 16 .b8 {name}[{bytes}]");
        if (pointer == IrType.Shared)
            SharedBytes = (SharedBytes + 15) / 16 * 16 + bytes;
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

    /// <summary>Computes what shuffles need to know of the thread's place.</summary>
    public void BeginWarp()
    {
        string Special(string name)
        {
            string register = Fresh(IrType.I32);
            Line($"mov.u32 {register}, {name}");
            return register;
        }

        string x = Special("%ntid.x"), y = Special("%ntid.y");
        string row = Fresh(IrType.I32), linear = Fresh(IrType.I32), plane = Fresh(IrType.I32), size = Fresh(IrType.I32),
            first = Fresh(IrType.I32);
        Lane = Special("%laneid");
        WarpThreads = Fresh(IrType.I32);
        Line($"mad.lo.s32 {row}, {Special("%tid.z")}, {y}, {Special("%tid.y")}");
        Line($"mad.lo.s32 {linear}, {row}, {x}, {Special("%tid.x")}");
        Line($"mul.lo.s32 {plane}, {x}, {y}");
        Line($"mul.lo.s32 {size}, {plane}, {Special("%ntid.z")}");
        Line($"sub.s32 {first}, {linear}, {Lane}");
        Line($"sub.s32 {WarpThreads}, {size}, {first}");
    }

    /// <summary>Leaves for the end of the text when the condition does not hold.</summary>
    public void Require(Instruction requirement)
    {
        Line($"@!{Register(requirement.Operands[0])} bra C{requirements.Count}");
        requirements.Add(requirement);
    }

    /// <summary>Writes what happens to threads that fail a check: the first one reports it, and all of them end.</summary>
    public void WriteFailures()
    {
        if (requirements.Count == 0)
            return;
        string number = Fresh(IrType.I64), value = Fresh(IrType.I64), limit = Fresh(IrType.I64);
        for (int r = 0; r < requirements.Count; r++)
        {
            Mark($"C{r}");
            Line($"mov.b64 {number}, {((CheckReference)requirements[r].Immediate!).Number}");
            Line($"mov.b64 {value}, {Operand(requirements[r].Operands[1])}");
            Line($"mov.b64 {limit}, {Operand(requirements[r].Operands[2])}");
            Line("bra FAILED");
        }

        string report = Fresh(IrType.Global), before = Fresh(IrType.I64), late = Fresh(IrType.Bool);
        Mark("FAILED");
        Line($"ld.param.u64 {report}, [{Report}]");
        Line($"atom.global.cas.b64 {before}, [{report}], 0, 1");
        Line($"setp.ne.s64 {late}, {before}, 0");
        Line($"@{late} ret");
        Line($"st.global.u64 [{report}+8], {number}");
        Line($"st.global.u64 [{report}+16], {value}");
        Line($"st.global.u64 [{report}+24], {limit}");
        Line("ret");
    }

    /// <summary>The declarations of all registers and of the memory that the lines name.</summary>
    public string Declarations()
    {
        var declarations = new StringBuilder();
        foreach (var (prefix, declared) in Kinds)
        {
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
