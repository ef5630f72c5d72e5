namespace Dalle2.Tests.Gpu.Ptx;

/// <content>Comparisons, selections, moves and jumps.</content>
sealed partial class PtxDecoder
{
    PtxStep? Comparison(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["setp", var comparison, .. var combined, var name] when combined.Length <= 1
                && PtxType.Parse(name) is { Bits: >= 16 } type:
                Count(line, 3 + combined.Length);
                Func<ulong, ulong, bool> compare = Compare(comparison, type);
                int d = Target(line.Operands[0], PtxType.Predicate), a = Source(line.Operands[1], type), b = Source(line.Operands[2], type);
                if (combined.Length == 0)
                    return t => t.Put(d, compare(t.Get(a), t.Get(b)) ? 1ul : 0ul);
                int c = Source(line.Operands[3], PtxType.Predicate);
                Func<bool, bool, bool> combine = combined[0] switch
                {
                    "and" => (x, y) => x && y,
                    "or" => (x, y) => x || y,
                    "xor" => (x, y) => x ^ y,
                    _ => throw new PtxFault("unknown combination"),
                };
                return t => t.Put(d, combine(compare(t.Get(a), t.Get(b)), t.Get(c) != 0) ? 1ul : 0ul);
            case ["selp", var name] when PtxType.Parse(name) is { Bits: >= 16 } type:
                return Selection(line, type);
            default:
                return null;
        }
    }

    PtxStep Selection(PtxLine line, PtxType type)
    {
        Count(line, 4);
        int d = Target(line.Operands[0], type), a = Source(line.Operands[1], type), b = Source(line.Operands[2], type);
        int condition = Source(line.Operands[3], PtxType.Predicate);
        return t =>
        {
            // Both are read.
            ulong yes = t.Get(a), no = t.Get(b);
            t.Put(d, t.Get(condition) != 0 ? yes : no);
        };
    }

    static Func<ulong, ulong, bool> Compare(string comparison, PtxType type)
    {
        if (type.IsFloat)
        {
            Func<double, double, bool> numbers = comparison switch
            {
                "eq" => (a, b) => a == b,
                "ne" => (a, b) => a < b || a > b,
                "lt" => (a, b) => a < b,
                "le" => (a, b) => a <= b,
                "gt" => (a, b) => a > b,
                "ge" => (a, b) => a >= b,
                "equ" => (a, b) => !(a < b || a > b),
                "neu" => (a, b) => a != b,
                "ltu" => (a, b) => !(a >= b),
                "leu" => (a, b) => !(a > b),
                "gtu" => (a, b) => !(a <= b),
                "geu" => (a, b) => !(a < b),
                "num" => (a, b) => !double.IsNaN(a) && !double.IsNaN(b),
                "nan" => (a, b) => double.IsNaN(a) || double.IsNaN(b),
                _ => throw new PtxFault("unknown comparison"),
            };
            return type.Bits switch
            {
                32 => (a, b) => numbers(Single(a), Single(b)),
                64 => (a, b) => numbers(Double(a), Double(b)),
                _ => (a, b) => numbers(HalfOf(a), HalfOf(b)),
            };
        }

        int bits = type.Bits;
        return (comparison, type.Kind) switch
        {
            ("eq", _) => (a, b) => a == b,
            ("ne", _) => (a, b) => a != b,
            ("lt", 's') => (a, b) => Signed(a, bits) < Signed(b, bits),
            ("le", 's') => (a, b) => Signed(a, bits) <= Signed(b, bits),
            ("gt", 's') => (a, b) => Signed(a, bits) > Signed(b, bits),
            ("ge", 's') => (a, b) => Signed(a, bits) >= Signed(b, bits),
            ("lt" or "lo", 'u') => (a, b) => a < b,
            ("le" or "ls", 'u') => (a, b) => a <= b,
            ("gt" or "hi", 'u') => (a, b) => a > b,
            ("ge" or "hs", 'u') => (a, b) => a >= b,
            _ => throw new PtxFault("unknown comparison"),
        };
    }

    PtxStep? Movement(PtxLine line)
    {
        switch (line.Opcode)
        {
            case ["mov", var name] when PtxType.Parse(name) is { } type and not { Bits: 8 }:
                Count(line, 2);
                return line.Operands[0][0] == '{' || line.Operands[1][0] == '{' ? Packing(line, type) : Move(line, type);
            case ["bra"] or ["bra", "uni"]:
                Count(line, 1);
                if (!text.Labels.TryGetValue(line.Operands[0], out int target))
                    throw new PtxFault($"there is no label {line.Operands[0]}");
                return t => t.Next = target;
            case ["brx", "idx"] or ["brx", "idx", "uni"]:
                Count(line, 2);
                if (!text.Targets.TryGetValue(line.Operands[1], out string[]? labels))
                    throw new PtxFault($"there is no list of labels {line.Operands[1]}");
                int[] places = [.. labels.Select(label => text.Labels.TryGetValue(label, out int place)
                    ? place : throw new PtxFault($"there is no label {label}"))];
                int index = Source(line.Operands[0], new PtxType('u', 32));
                return t => t.Next = t.Get(index) is var i
                    && i < (ulong)places.Length ? places[i] : throw new PtxFault($"the list has no label {i}");
            case ["ret" or "exit"] or ["ret", "uni"]:
                Count(line, 0);
                return t =>
                {
                    int under = t.Copies.Count + t.Groups.Sum(group => group.Length);
                    if (under > 0)
                        throw new PtxFault($"the thread ends while {under} copies to shared memory are under way");
                    t.State = PtxState.Ended;
                };
            default:
                return null;
        }
    }

    PtxStep Move(PtxLine line, PtxType type)
    {
        int d = Target(line.Operands[0], type);
        if (Find(line.Operands[1]) is { } variable)
        {
            if (type.IsFloat || type.Bits < 32)
                throw new PtxFault("an address is an integer");
            int address = Constant((ulong)variable.Address);
            return t => t.Put(d, t.Get(address));
        }

        int a = Source(line.Operands[1], type);
        return t => t.Put(d, t.Get(a));
    }

    // Two halves to one, or one to two halves; the lower comes first.
    PtxStep Packing(PtxLine line, PtxType type)
    {
        if (type.Kind != 'b' || type.Bits < 32)
            throw new PtxFault("only bits are packed");
        var half = new PtxType('b', type.Bits / 2);
        int shift = half.Bits;
        ulong mask = half.Mask;
        if (line.Operands[0][0] == '{')
        {
            string[] parts = Elements(line.Operands[0], 2);
            int low = Target(parts[0], half), high = Target(parts[1], half), a = RegisterSource(line.Operands[1], type);
            return t =>
            {
                ulong value = t.Get(a);
                t.Put(low, value & mask);
                t.Put(high, value >> shift);
            };
        }

        string[] halves = Elements(line.Operands[1], 2);
        int d = Target(line.Operands[0], type), first = RegisterSource(halves[0], half), second = RegisterSource(halves[1], half);
        return t => t.Put(d, t.Get(first) | t.Get(second) << shift);
    }

    static string[] Elements(string operand, int count)
    {
        string[] elements = operand is ['{', .., '}'] ? operand[1..^1].Split(',', StringSplitOptions.TrimEntries) : [operand];
        return elements.Length == count ? elements : throw new PtxFault($"{operand} does not have {count} elements");
    }
}
