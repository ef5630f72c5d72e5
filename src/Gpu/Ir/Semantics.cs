using Dalle2.Gpu.Extensions;

namespace Dalle2.Gpu.Ir;

/// <summary>What each foldable operation computes, on bits: the definition that folding uses and that every target must match.</summary>
/// <remarks>
/// Integers are divided so that <c>a = a / b * b + a % b</c> holds for all of them: by zero the quotient is 0 and the remainder the dividend; the
/// smallest by -1 is itself again, without remainder.
/// </remarks>
static class Semantics
{
    /// <summary>The result of an operation on operands of known bits.</summary>
    /// <param name="op">A foldable operation.</param>
    /// <param name="operand">The type of the first operand; of <see cref="Op.Select"/>, of the second.</param>
    /// <param name="result">The type of the result.</param>
    /// <param name="a">The first operand.</param>
    /// <param name="b">The second operand, if there is one.</param>
    /// <param name="c">The third operand, if there is one.</param>
    public static ulong Evaluate(Op op, IrType operand, IrType result, ulong a, ulong b = 0, ulong c = 0) => op switch
    {
        Op.Select => a != 0 ? b : c,
        Op.SignExtend => (ulong)(int)a,
        Op.ZeroExtend => a,
        Op.Truncate => (uint)a,
        Op.SignExtend8 => (uint)(sbyte)a,
        Op.SignExtend16 => (uint)(short)a,
        Op.ZeroExtend8 => (byte)a,
        Op.ZeroExtend16 => (ushort)a,
        Op.Bits => a,
        Op.IntToFloat => FromInteger(operand == IrType.I32 ? (int)a : (long)a, result),
        Op.UnsignedToFloat => result == IrType.F32 ? Float((float)a) : Double((double)a),
        Op.FloatToInt => ToInteger(operand, result, a),
        Op.FloatToUnsigned => ToUnsigned(operand, result, a),
        Op.FloatToFloat => operand == result ? a : result == IrType.F32 ? Float((float)Double(a)) : Double(Float(a)),
        Op.HalfToFloat => Float((float)BitConverter.UInt16BitsToHalf((ushort)a)),
        Op.FloatToHalf => BitConverter.HalfToUInt16Bits((Half)Float(a)),
        _ => operand switch
        {
            IrType.Bool => OfBool(op, a, b),
            IrType.I32 => OfInt(op, (int)a, (int)b),
            IrType.I64 => OfLong(op, (long)a, (long)b),
            IrType.F32 => OfFloat(op, Float(a), Float(b), Float(c)),
            IrType.F64 => OfDouble(op, Double(a), Double(b), Double(c)),
            _ => throw new InvalidOperationException($"{op} has no value on {operand}"),
        },
    };

    static ulong OfBool(Op op, ulong a, ulong b) => op switch
    {
        Op.And => a & b,
        Op.Or => a | b,
        Op.Xor or Op.NotEqual => a ^ b,
        Op.Equal => 1 ^ a ^ b,
        Op.Not => a ^ 1,
        _ => throw new InvalidOperationException($"{op} has no value on bools"),
    };

    static ulong OfInt(Op op, int a, int b) => op switch
    {
        Op.Add => (uint)(a + b),
        Op.Subtract => (uint)(a - b),
        Op.Multiply => (uint)(a * b),
        Op.MultiplyHighUnsigned => ((ulong)(uint)a * (uint)b) >> 32,
        Op.Divide => (uint)(b == 0 ? 0 : b == -1 ? -a : a / b),
        Op.DivideUnsigned => b == 0 ? 0 : (uint)a / (uint)b,
        Op.Remainder => (uint)(b == 0 ? a : b == -1 ? 0 : a % b),
        Op.RemainderUnsigned => b == 0 ? (uint)a : (uint)a % (uint)b,
        Op.And => (uint)(a & b),
        Op.Or => (uint)(a | b),
        Op.Xor => (uint)(a ^ b),
        Op.Not => (uint)~a,
        Op.Negate => (uint)-a,
        Op.ShiftLeft => (uint)(a << (b & 31)),
        Op.ShiftRight => (uint)(a >> (b & 31)),
        Op.ShiftRightUnsigned => (uint)a >> (b & 31),
        Op.Equal => Bool(a == b),
        Op.NotEqual => Bool(a != b),
        Op.Less => Bool(a < b),
        Op.LessOrEqual => Bool(a <= b),
        Op.LessUnsigned => Bool((uint)a < (uint)b),
        Op.LessOrEqualUnsigned => Bool((uint)a <= (uint)b),
        _ => throw new InvalidOperationException($"{op} has no value on 32-bit integers"),
    };

    static ulong OfLong(Op op, long a, long b) => op switch
    {
        Op.Add => (ulong)(a + b),
        Op.Subtract => (ulong)(a - b),
        Op.Multiply => (ulong)(a * b),
        Op.MultiplyHighUnsigned => Math.BigMul((ulong)a, (ulong)b, out _),
        Op.Divide => (ulong)(b == 0 ? 0 : b == -1 ? -a : a / b),
        Op.DivideUnsigned => b == 0 ? 0 : (ulong)a / (ulong)b,
        Op.Remainder => (ulong)(b == 0 ? a : b == -1 ? 0 : a % b),
        Op.RemainderUnsigned => b == 0 ? (ulong)a : (ulong)a % (ulong)b,
        Op.And => (ulong)(a & b),
        Op.Or => (ulong)(a | b),
        Op.Xor => (ulong)(a ^ b),
        Op.Not => (ulong)~a,
        Op.Negate => (ulong)-a,
        Op.ShiftLeft => (ulong)(a << (int)(b & 63)),
        Op.ShiftRight => (ulong)(a >> (int)(b & 63)),
        Op.ShiftRightUnsigned => (ulong)a >> (int)(b & 63),
        Op.Equal => Bool(a == b),
        Op.NotEqual => Bool(a != b),
        Op.Less => Bool(a < b),
        Op.LessOrEqual => Bool(a <= b),
        Op.LessUnsigned => Bool((ulong)a < (ulong)b),
        Op.LessOrEqualUnsigned => Bool((ulong)a <= (ulong)b),
        _ => throw new InvalidOperationException($"{op} has no value on 64-bit integers"),
    };

    static ulong OfFloat(Op op, float a, float b, float c) => op switch
    {
        Op.Add => Float(a + b),
        Op.Subtract => Float(a - b),
        Op.Multiply => Float(a * b),
        Op.Divide => Float(a / b),
        Op.Negate => Float(-a),
        Op.Equal => Bool(a == b),
        Op.NotEqual => Bool(a != b),
        Op.Less => Bool(a < b),
        Op.LessOrEqual => Bool(a <= b),
        Op.Sqrt => Float(MathF.Sqrt(a)),
        Op.Floor => Float(MathF.Floor(a)),
        Op.Abs => Float(MathF.Abs(a)),
        Op.ToTensorFloat => Matrix.ToTensorFloat(a),
        Op.ToBrainFloats => Matrix.ToBrainFloats(a, b),
        Op.FusedMultiplyAdd => Float(MathF.FusedMultiplyAdd(a, b, c)),
        _ => throw new InvalidOperationException($"{op} has no value on floats"),
    };

    static ulong OfDouble(Op op, double a, double b, double c) => op switch
    {
        Op.Add => Double(a + b),
        Op.Subtract => Double(a - b),
        Op.Multiply => Double(a * b),
        Op.Divide => Double(a / b),
        Op.Negate => Double(-a),
        Op.Equal => Bool(a == b),
        Op.NotEqual => Bool(a != b),
        Op.Less => Bool(a < b),
        Op.LessOrEqual => Bool(a <= b),
        Op.Sqrt => Double(Math.Sqrt(a)),
        Op.Floor => Double(Math.Floor(a)),
        Op.Abs => Double(Math.Abs(a)),
        Op.FusedMultiplyAdd => Double(Math.FusedMultiplyAdd(a, b, c)),
        _ => throw new InvalidOperationException($"{op} has no value on doubles"),
    };

    static ulong FromInteger(long value, IrType result) => result == IrType.F32 ? Float((float)value) : Double((double)value);

    // Towards zero; what does not fit becomes the nearest integer that does, NaN becomes 0: .NET's rule from version 9 on.
    static ulong ToInteger(IrType operand, IrType result, ulong bits) => (operand, result) switch
    {
        (IrType.F32, IrType.I32) => (uint)(int)Float(bits),
        (IrType.F32, _) => (ulong)(long)Float(bits),
        (_, IrType.I32) => (uint)(int)Double(bits),
        _ => (ulong)(long)Double(bits),
    };

    static ulong ToUnsigned(IrType operand, IrType result, ulong bits) => (operand, result) switch
    {
        (IrType.F32, IrType.I32) => (uint)Float(bits),
        (IrType.F32, _) => (ulong)Float(bits),
        (_, IrType.I32) => (uint)Double(bits),
        _ => (ulong)Double(bits),
    };

    static ulong Bool(bool value) => value ? 1ul : 0ul;

    static float Float(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    static ulong Float(float value) => BitConverter.SingleToUInt32Bits(value);

    static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    static ulong Double(double value) => BitConverter.DoubleToUInt64Bits(value);
}
