using System.Globalization;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Turns lines into steps, after NVIDIA's "Parallel Thread Execution ISA". Registers, special registers and constants are slots of a thread.</summary>
sealed partial class PtxDecoder
{
    static readonly string[] SpecialNames =
        ["%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y",
        "%nctaid.z", "%laneid", "%dynamic_smem_size"];

    readonly PtxText text;
    readonly bool isForeign;
    readonly Dictionary<string, int> slots = [];
    readonly Dictionary<ulong, int> constants = [];
    readonly List<ulong> values = [];
    readonly List<bool> known = [];
    ulong[] initial = [];
    bool[] initiallyKnown = [];

    public PtxDecoder(PtxText text, bool isForeign)
        : this(text, isForeign, new PtxMemory([.. text.Variables,
        .. text.Functions.Values.OfType<PtxText>()
        .SelectMany(function => function.Variables.Select(variable => variable with { Name = $"{function.Entry}:{variable.Name}" }))]))
    {
        foreach (var (name, function) in text.Functions)
        {
            if (function != null)
                functions.Add(name, new PtxDecoder(function, isForeign, Memory) { functions = functions, prefix = $"{name}:" });
        }
    }

    PtxDecoder(PtxText text, bool isForeign, PtxMemory memory)
    {
        this.text = text;
        this.isForeign = isForeign;
        Memory = memory;
        foreach (string name in SpecialNames.Concat(text.Registers.Keys))
            slots.Add(name, NewSlot(0, false));
    }

    public PtxMemory Memory { get; }

    public int RegisterCount => initial.Length;

    public PtxStep[] Decode()
    {
        foreach (PtxDecoder function in functions.Values)
        {
            if (function != this && prefix == "")
                function.steps = function.Decode();
        }

        PtxStep[] steps = [.. text.Lines.Select(Guarded), _ => throw new PtxFault("control runs past the end")];
        initial = [.. values];
        initiallyKnown = [.. known];
        return steps;
    }

    /// <summary>Puts a thread before the first instruction.</summary>
    public void Begin(PtxThread thread, Index3D grid, Index3D size, Index3D group, Index3D index)
    {
        initial.CopyTo(thread.Values, 0);
        initiallyKnown.CopyTo(thread.Known, 0);
        Array.Clear(thread.LocalKnown);
        thread.Copies.Clear();
        thread.Groups.Clear();
        thread.Parameters = Memory.Parameters;
        thread.Passed = text.Passed.Count == 0 ? [] : new byte[]?[text.Passed.Count];
        thread.Next = 0;
        thread.State = PtxState.Runs;
        int[] special = [index.X, index.Y, index.Z, size.X, size.Y, size.Z, group.X, group.Y, group.Z, grid.X, grid.Y, grid.Z, thread.Lane,
            Memory.DynamicBytes];
        for (int s = 0; s < special.Length; s++)
            thread.Put(s, (uint)special[s]);
    }

    PtxStep Guarded(PtxLine line)
    {
        try
        {
            PtxStep step = Step(line);
            if (line.Guard == null)
                return step;
            int guard = Source(line.Guard, PtxType.Predicate);
            ulong wanted = line.Negated ? 0ul : 1ul;
            return t =>
            {
                if (t.Get(guard) == wanted)
                    step(t);
            };
        }
        catch (PtxFault fault)
        {
            throw new PtxFault($"{text.Entry}, line {line.Number}: {line.Text}: {fault.Message}");
        }
    }

    PtxStep Step(PtxLine line) =>
        MatrixUnit(line) ?? SharedCopy(line) ?? Arithmetic(line) ?? Comparison(line) ?? Movement(line) ?? Call(line)
        ?? OfOtherCompilers(line) ?? MemoryAccess(line) ?? Meeting(line)
        ?? throw new PtxFault("unknown instruction");

    int NewSlot(ulong value, bool isKnown)
    {
        values.Add(value);
        known.Add(isKnown);
        return values.Count - 1;
    }

    static void Count(PtxLine line, int operands)
    {
        if (line.Operands.Length != operands)
            throw new PtxFault($"takes {operands} operands");
    }

    int Target(string operand, PtxType type, bool wider = false)
    {
        if (!text.Registers.TryGetValue(operand, out PtxType register))
            throw new PtxFault($"{operand} is no register");
        if (wider ? !type.TakesWider(register) : !type.Takes(register))
            throw new PtxFault($"{operand} is {register}, which {type} does not take");
        return slots[operand];
    }

    /// <summary>The slot of a register or constant that is read as this type.</summary>
    int Source(string operand, PtxType type, bool wider = false)
    {
        if (operand[0] != '%')
            return Constant(Literal(operand, type));
        if (Array.IndexOf(SpecialNames, operand) is >= 0 and var special)
            return type.Bits == 32 && !type.IsFloat ? special : throw new PtxFault($"{operand} has 32 bits");
        return Target(operand, type, wider);
    }

    /// <summary>The same where only a register will do.</summary>
    int RegisterSource(string operand, PtxType type, bool wider = false) =>
        text.Registers.ContainsKey(operand) ? Target(operand, type, wider) : throw new PtxFault($"{operand} is no register");

    int Constant(ulong bits)
    {
        if (!constants.TryGetValue(bits, out int slot))
            constants.Add(bits, slot = NewSlot(bits, true));
        return slot;
    }

    static ulong Literal(string literal, PtxType type)
    {
        if (type.IsFloat)
        {
            string prefix = type.Bits == 32 ? "0f" : "0d";
            int digits = type.Bits / 4;
            return type.Bits >= 32 && literal.StartsWith(prefix) && literal.Length == 2 + digits
                && ulong.TryParse(literal[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits)
                ? bits
                : throw new PtxFault($"{literal} is no constant of type {type}");
        }

        // Bits may be written as the float that they are.
        if (type.Kind == 'b' && (type.Bits == 32 && literal.StartsWith("0f") || type.Bits == 64 && literal.StartsWith("0d")))
            return Literal(literal, new PtxType('f', type.Bits));
        bool negative = literal[0] == '-';
        string magnitude = negative ? literal[1..] : literal;
        bool hex = magnitude.StartsWith("0x");
        // A leading zero would be octal.
        if (!ulong.TryParse(hex ? magnitude[2..] : magnitude, hex ? NumberStyles.HexNumber : NumberStyles.None,
            CultureInfo.InvariantCulture, out ulong value)
            || (!hex && magnitude.Length > 1 && magnitude[0] == '0'))
        {
            throw new PtxFault($"{literal} is neither a register nor a constant");
        }

        if (type.Kind == 'p')
            return value <= 1 && !negative ? value : throw new PtxFault($"{literal} is no predicate");
        ulong least = 1ul << (type.Bits - 1);
        if (negative ? value > least || value > long.MaxValue : value > type.Mask)
            throw new PtxFault($"{literal} does not fit {type}");
        return (negative ? 0 - value : value) & type.Mask;
    }

    static long Signed(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);

    static ulong Bits(float value) => float.IsNaN(value) ? 0x7FFFFFFFu : BitConverter.SingleToUInt32Bits(value);

    static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
}
