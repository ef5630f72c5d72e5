namespace Dalle2.Tests.Gpu.Ptx;

/// <content>Arithmetic. A float operation without a rounding mode may be joined with another by the driver, so none is known of our own texts; elsewhere it rounds to nearest.</content>
sealed partial class PtxDecoder
{
    PtxStep? Arithmetic(PtxLine line)
    {
        PtxType? last = PtxType.Parse(line.Opcode[^1]);
        if (last is not { } type)
            return null;
        bool integer = type.Kind is 'u' or 's' && type.Bits >= 16;
        int bits = type.Bits;
        bool signed = type.Kind == 's';
        string[] opcode = isForeign && line.Opcode is ["add" or "sub" or "mul", "f32" or "f64"]
            ? [line.Opcode[0], "rn", line.Opcode[1]] : line.Opcode;
        switch (opcode)
        {
            case ["add", _] when integer:
                return Binary(line, type, (a, b) => a + b);
            case ["sub", _] when integer:
                return Binary(line, type, (a, b) => a - b);
            case ["mul", "lo", _] when integer:
                return Binary(line, type, (a, b) => a * b);
            case ["mul", "hi", _] when integer && bits == 32:
                return Binary(line, type, (a, b) => signed ? (ulong)(Signed(a, 32) * Signed(b, 32) >> 32) : a * b >> 32);
            case ["mul", "wide", _] when integer && bits <= 32:
                return Wide(line, type, addend: false);
            case ["mad", "lo", _] when integer:
                return Ternary(line, type, (a, b, c) => a * b + c);
            case ["mad", "wide", _] when integer && bits <= 32:
                return Wide(line, type, addend: true);
            // By zero: unspecified; here, as on the hardware, all ones.
            case ["div", _] when integer:
                return Binary(line, type, (a, b) => b == 0 ? ulong.MaxValue : signed ? SignedQuotient(Signed(a, bits), Signed(b, bits)) : a
                    / b);
            case ["rem", _] when integer:
                return Binary(line, type, (a, b) => b == 0 ? ulong.MaxValue : signed
                    ? SignedRemainder(Signed(a, bits), Signed(b, bits)) : a % b);
            case ["min", _] when integer:
                return Binary(line, type, (a, b) => (signed ? Signed(a, bits) < Signed(b, bits) : a < b) ? a : b);
            case ["max", _] when integer:
                return Binary(line, type, (a, b) => (signed ? Signed(a, bits) > Signed(b, bits) : a > b) ? a : b);
            case ["neg", _] when integer && signed:
                return Unary(line, type, a => 0 - a);
            case ["abs", _] when integer && signed:
                return Unary(line, type, a => (ulong)(Signed(a, bits) < 0 ? -Signed(a, bits) : Signed(a, bits)));
            case ["and", _] when type.Kind is 'b' or 'p' && bits != 8:
                return Binary(line, type, (a, b) => a & b);
            case ["or", _] when type.Kind is 'b' or 'p' && bits != 8:
                return Binary(line, type, (a, b) => a | b);
            case ["xor", _] when type.Kind is 'b' or 'p' && bits != 8:
                return Binary(line, type, (a, b) => a ^ b);
            case ["not", _] when type.Kind is 'b' or 'p' && bits != 8:
                return Unary(line, type, a => ~a);
            case ["shl", _] when type.Kind == 'b' && bits >= 16:
                return Shift(line, type, (a, count) => count >= bits ? 0 : a << count);
            case ["shr", _] when type.Kind is 'b' or 'u' && bits >= 16:
                return Shift(line, type, (a, count) => count >= bits ? 0 : a >> count);
            case ["shr", _] when integer && signed:
                return Shift(line, type, (a, count) => (ulong)(Signed(a, bits) >> Math.Min(count, bits - 1)));
            case ["add", "rn", "f32"]:
                return Binary(line, type, (a, b) => Bits(Single(a) + Single(b)));
            case ["sub", "rn", "f32"]:
                return Binary(line, type, (a, b) => Bits(Single(a) - Single(b)));
            case ["mul", "rn", "f32"]:
                return Binary(line, type, (a, b) => Bits(Single(a) * Single(b)));
            case ["div", "rn", "f32"]:
                return Binary(line, type, (a, b) => Bits(Single(a) / Single(b)));
            case ["fma", "rn", "f32"]:
                return Ternary(line, type, (a, b, c) => Bits(MathF.FusedMultiplyAdd(Single(a), Single(b), Single(c))));
            case ["sqrt", "rn", "f32"]:
                return Unary(line, type, a => Bits(MathF.Sqrt(Single(a))));
            case ["rcp", "rn", "f32"]:
                return Unary(line, type, a => Bits(1f / Single(a)));
            case ["neg", "f32"]:
                return Unary(line, type, a => Bits(-Single(a)));
            case ["abs", "f32"]:
                return Unary(line, type, a => Bits(MathF.Abs(Single(a))));
            case ["add", "rn", "f64"]:
                return Binary(line, type, (a, b) => Bits(Double(a) + Double(b)));
            case ["sub", "rn", "f64"]:
                return Binary(line, type, (a, b) => Bits(Double(a) - Double(b)));
            case ["mul", "rn", "f64"]:
                return Binary(line, type, (a, b) => Bits(Double(a) * Double(b)));
            case ["div", "rn", "f64"]:
                return Binary(line, type, (a, b) => Bits(Double(a) / Double(b)));
            case ["fma", "rn", "f64"]:
                return Ternary(line, type, (a, b, c) => Bits(Math.FusedMultiplyAdd(Double(a), Double(b), Double(c))));
            case ["sqrt", "rn", "f64"]:
                return Unary(line, type, a => Bits(Math.Sqrt(Double(a))));
            case ["rcp", "rn", "f64"]:
                return Unary(line, type, a => Bits(1.0 / Double(a)));
            case ["neg", "f64"]:
                return Unary(line, type, a => Bits(-Double(a)));
            case ["abs", "f64"]:
                return Unary(line, type, a => Bits(Math.Abs(Double(a))));
            case ["cvt", .. { Length: 2 or 3 }] when PtxType.Parse(line.Opcode[^2]) is { } target:
                return Conversion(line, target, type, line.Opcode.Length == 4 ? line.Opcode[1] : "");
            default:
                return null;
        }
    }

    static ulong SignedQuotient(long a, long b) => b == -1 ? (ulong)-a : (ulong)(a / b);

    static ulong SignedRemainder(long a, long b) => b == -1 ? 0 : (ulong)(a % b);

    PtxStep Unary(PtxLine line, PtxType type, Func<ulong, ulong> compute)
    {
        Count(line, 2);
        int d = Target(line.Operands[0], type), a = Source(line.Operands[1], type);
        ulong mask = type.Mask;
        return t => t.Put(d, compute(t.Get(a)) & mask);
    }

    PtxStep Binary(PtxLine line, PtxType type, Func<ulong, ulong, ulong> compute)
    {
        Count(line, 3);
        int d = Target(line.Operands[0], type), a = Source(line.Operands[1], type), b = Source(line.Operands[2], type);
        ulong mask = type.Mask;
        return t => t.Put(d, compute(t.Get(a), t.Get(b)) & mask);
    }

    PtxStep Ternary(PtxLine line, PtxType type, Func<ulong, ulong, ulong, ulong> compute)
    {
        Count(line, 4);
        int d = Target(line.Operands[0], type), a = Source(line.Operands[1], type), b = Source(line.Operands[2], type),
            c = Source(line.Operands[3], type);
        ulong mask = type.Mask;
        return t => t.Put(d, compute(t.Get(a), t.Get(b), t.Get(c)) & mask);
    }

    PtxStep Shift(PtxLine line, PtxType type, Func<ulong, int, ulong> compute)
    {
        Count(line, 3);
        int d = Target(line.Operands[0], type), a = Source(line.Operands[1], type), b = Source(line.Operands[2], new PtxType('u', 32));
        ulong mask = type.Mask;
        return t => t.Put(d, compute(t.Get(a), (int)Math.Min(t.Get(b), 64)) & mask);
    }

    // The product, and the addend, have twice the width.
    PtxStep Wide(PtxLine line, PtxType type, bool addend)
    {
        Count(line, addend ? 4 : 3);
        var result = new PtxType(type.Kind, type.Bits * 2);
        int d = Target(line.Operands[0], result), a = Source(line.Operands[1], type), b = Source(line.Operands[2], type);
        int c = addend ? Source(line.Operands[3], result) : Constant(0), bits = type.Bits;
        ulong mask = result.Mask;
        bool signed = type.Kind == 's';
        return t =>
        {
            ulong x = t.Get(a), y = t.Get(b);
            ulong product = signed ? (ulong)(Signed(x, bits) * Signed(y, bits)) : x * y;
            t.Put(d, (product + t.Get(c)) & mask);
        };
    }
}
