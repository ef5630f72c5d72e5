using System.Numerics;

namespace Dalle2.Tests.Gpu.Ptx;

/// <content>
/// What other compilers say and ours does not. Of an operation that the language leaves some error, the result here is the exact one, rounded; of those on half floats, it
/// is computed in a wider format and rounded.
/// </content>
sealed partial class PtxDecoder
{
    PtxStep? OfOtherCompilers(PtxLine line)
    {
        if (!isForeign || PtxType.Parse(line.Opcode[^1]) is not { } type)
            return null;
        switch (line.Opcode)
        {
            case ["min", "f32"]:
                return Binary(line, type, (a, b) => Bits(float.MinNumber(Single(a), Single(b))));
            case ["max", "f32"]:
                return Binary(line, type, (a, b) => Bits(float.MaxNumber(Single(a), Single(b))));
            case ["min", "f64"]:
                return Binary(line, type, (a, b) => Bits(double.MinNumber(Double(a), Double(b))));
            case ["max", "f64"]:
                return Binary(line, type, (a, b) => Bits(double.MaxNumber(Double(a), Double(b))));
            // The sign is the first source's, the rest the second's.
            case ["copysign", "f32" or "f64"]:
                ulong sign = 1ul << (type.Bits - 1);
                return Binary(line, type, (a, b) => a & sign | b & ~sign);
            case ["popc", "b32" or "b64"]:
                return OfBits(line, type, a => (ulong)BitOperations.PopCount(a));
            case ["clz", "b32" or "b64"]:
                return OfBits(line, type, a => (ulong)(BitOperations.LeadingZeroCount(a) - (64 - type.Bits)));
            case ["testp", "finite", "f32" or "f64"]:
                return Test(line, type, double.IsFinite);
            case ["testp", "infinite", "f32" or "f64"]:
                return Test(line, type, double.IsInfinity);
            case ["testp", "notanumber", "f32" or "f64"]:
                return Test(line, type, double.IsNaN);
            case ["ex2", "approx", "f32"]:
                return Approximate(line, type, a => Math.Pow(2.0, a));
            case ["lg2", "approx", "f32"]:
                return Approximate(line, type, Math.Log2);
            case ["sin", "approx", "f32"]:
                return Approximate(line, type, Math.Sin);
            case ["cos", "approx", "f32"]:
                return Approximate(line, type, Math.Cos);
            case ["tanh", "approx", "f32"]:
                return Approximate(line, type, Math.Tanh);
            case ["rsqrt", "approx", "f32" or "f64"]:
                return Approximate(line, type, a => 1.0 / Math.Sqrt(a));
            case ["add", "f16"]:
                return Binary(line, type, (a, b) => HalfBits((Half)(HalfOf(a) + HalfOf(b))));
            case ["sub", "f16"]:
                return Binary(line, type, (a, b) => HalfBits((Half)(HalfOf(a) - HalfOf(b))));
            case ["mul", "f16"]:
                return Binary(line, type, (a, b) => HalfBits((Half)(HalfOf(a) * HalfOf(b))));
            case ["fma", "rn", "f16"]:
                return Ternary(line, type, (a, b, c) => HalfBits((Half)(HalfOf(a) * HalfOf(b) + HalfOf(c))));
            case ["neg", "f16"]:
                return Unary(line, type, a => HalfBits((Half)(-HalfOf(a))));
            case ["abs", "f16"]:
                return Unary(line, type, a => HalfBits((Half)Math.Abs(HalfOf(a))));
            case ["min", "f16"]:
                return Binary(line, type, (a, b) => HalfBits((Half)double.MinNumber(HalfOf(a), HalfOf(b))));
            case ["max", "f16"]:
                return Binary(line, type, (a, b) => HalfBits((Half)double.MaxNumber(HalfOf(a), HalfOf(b))));
            default:
                return null;
        }
    }

    PtxStep OfBits(PtxLine line, PtxType type, Func<ulong, ulong> count)
    {
        Count(line, 2);
        int d = Target(line.Operands[0], new PtxType('u', 32)), a = Source(line.Operands[1], type);
        return t => t.Put(d, count(t.Get(a)));
    }

    PtxStep Test(PtxLine line, PtxType type, Func<double, bool> test)
    {
        Count(line, 2);
        int d = Target(line.Operands[0], PtxType.Predicate), a = Source(line.Operands[1], type);
        return t => t.Put(d, test(type.Bits == 32 ? Single(t.Get(a)) : Double(t.Get(a))) ? 1ul : 0ul);
    }

    PtxStep Approximate(PtxLine line, PtxType type, Func<double, double> exact) =>
        Unary(line, type, a => type.Bits == 32 ? Bits((float)exact(Single(a))) : Bits(exact(Double(a))));

    static double HalfOf(ulong bits) => (double)BitConverter.UInt16BitsToHalf((ushort)bits);

    static ulong HalfBits(Half value) => Half.IsNaN(value) ? 0x7FFFul : BitConverter.HalfToUInt16Bits(value);
}
