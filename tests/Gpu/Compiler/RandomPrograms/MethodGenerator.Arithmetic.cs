using System.Reflection;
using System.Reflection.Emit;
using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <content>Arithmetic and conversions that are defined for all values.</content>
sealed partial class MethodGenerator
{
    Expression IntegerOperation(Type type, int depth)
    {
        Expression a = Of(type, depth - 1);
        bool unsigned = type == typeof(uint) || type == typeof(ulong), wide = type == typeof(long) || type == typeof(ulong);
        switch (choose.Below(10))
        {
            case 0:
                return Quotient(type, a, Of(type, depth - 1), unsigned, wide);
            case 1:
                Expression count = Of(typeof(int), depth - 1), mask = Expression.Literal(wide ? 63 : 31);
                bool right = choose.OneIn(2);
                return Expression.Of(type, $"({a} {(right ? ">>" : "<<")} {count})", [a, count, mask], OpCodes.And,
                    !right ? OpCodes.Shl : unsigned ? OpCodes.Shr_Un : OpCodes.Shr);
            case 2:
                return Expression.Of(type, $"(-{a})", [a], OpCodes.Neg);
            case 3:
                return Expression.Of(type, $"(~{a})", [a], OpCodes.Not);
            case 4 when type != typeof(ulong) && type != typeof(uint) || choose.OneIn(2):
                return Expression.Call(Method(typeof(IntrinsicMath), choose.Of("Min", "Max"), type, type), a, Of(type, depth - 1));
            case 5 when type == typeof(int):
                Type counted = choose.Of(typeof(int), typeof(uint), typeof(long), typeof(ulong));
                return Expression.Call(Method(typeof(IntrinsicMath), choose.Of("PopCount", "LeadingZeroCount", "TrailingZeroCount"),
                    counted), Of(counted, depth - 1));
            case 6 when type == typeof(uint):
                return Expression.Call(Method(typeof(Interop), "FloatAsInt", typeof(float)), Finite(typeof(float), depth - 1));
            case 6 when type == typeof(ulong):
                return Expression.Call(Method(typeof(Interop), "FloatAsInt", typeof(double)), Finite(typeof(double), depth - 1));
            case 6 when type == typeof(int) && Readable.Exists(v => v.Type == typeof(Mixed)):
                return Expression.Call(typeof(Mixed).GetMethod("Sum")!,
                    choose.Of([.. Readable.Where(v => v.Type == typeof(Mixed))]).Address(), a);
            default:
                var (sign, code) = choose.Of(("+", OpCodes.Add), ("-", OpCodes.Sub), ("*", OpCodes.Mul), ("&", OpCodes.And),
                    ("|", OpCodes.Or), ("^", OpCodes.Xor));
                Expression b = choose.OneIn(3) ? Literal(type) : Of(type, depth - 1);
                return Expression.Of(type, $"({a} {sign} {b})", [a, b], code);
        }
    }

    // Where checked mode runs too, never by zero, never the smallest integer by -1.
    Expression Quotient(Type type, Expression a, Expression b, bool unsigned, bool wide)
    {
        Expression Small(int value) => wide ? Expression.Literal((long)value) : Expression.Literal(value);
        OpCode code = choose.OneIn(2) ? unsigned ? OpCodes.Div_Un : OpCodes.Div : unsigned ? OpCodes.Rem_Un : OpCodes.Rem;
        if (choose.DividesByAll && choose.OneIn(2))
        {
            Expression any = choose.OneIn(3) ? Literal(type) : b;
            return Expression.Of(type, $"({a} {code} {any})", [a, any], code);
        }

        switch (choose.Below(3))
        {
            case 0:
                int constant = choose.Of(1, 2, 3, 7, 10, 16, 255, 1000003);
                Expression divisor = Small(unsigned || choose.OneIn(2) || constant == 1 ? constant : -constant);
                return Expression.Of(type, $"({a} {code} {divisor})", [a, divisor], code);
            case 1:
                return Expression.Of(type, $"({a} {code} ({b} & 15) + 1)",
                    [a, Expression.Of(type, "", [b, Small(15)], OpCodes.And), Small(1)], OpCodes.Add, code);
            default:
                Expression half = Expression.Of(type, $"({a} >> 1)", [a, Expression.Literal(1)], unsigned ? OpCodes.Shr_Un : OpCodes.Shr);
                return Expression.Of(type, $"({half} {code} ({b} | 1))", [half, b, Small(1)], OpCodes.Or, code);
        }
    }

    Expression FloatOperation(Type type, int depth)
    {
        Type library = type == typeof(float) ? typeof(MathF) : typeof(Math);
        Expression a = Of(type, depth - 1);
        switch (choose.Below(12))
        {
            case 0:
                return Expression.Call(Method(library, choose.Of("Sqrt", "Floor", "Abs"), type), a);
            case 1:
                Type fused = type == typeof(float) && choose.OneIn(2) ? typeof(Fused) : library;
                return Expression.Call(Method(fused, fused == typeof(Fused) ? "MultiplyAdd" : "FusedMultiplyAdd", type, type, type), a,
                    Of(type, depth - 1), Of(type, depth - 1));
            case 2:
                return Expression.Of(type, $"(-{a})", [a], OpCodes.Neg);
            case 3:
                return Expression.Call(Method(typeof(IntrinsicMath), choose.Of("Min", "Max"), type, type), a, Of(type, depth - 1));
            case 4 when type == typeof(float):
                return Expression.Call(Method(typeof(StrictMath), choose.Of("Exp", "Log", "Tanh", "Sin"), type), a);
            case 5:
                return Expression.Call(Method(typeof(IntrinsicMath), "CopySign", type, type), a, Finite(type, depth - 1));
            default:
                var (sign, code) = choose.Of(("+", OpCodes.Add), ("-", OpCodes.Sub), ("*", OpCodes.Mul), ("/", OpCodes.Div));
                Expression b = Of(type, depth - 1);
                return Expression.Of(type, $"({a} {sign} {b})", [a, b], code);
        }
    }

    Expression HalfOperation(int depth)
    {
        Type half = typeof(System.Half);
        Expression a = Of(half, depth - 1);
        return choose.OneIn(5)
            ? Expression.Call(Method(half, choose.Of("op_UnaryNegation", "Abs", "op_Increment"), half), a)
            : Expression.Call(Method(half, choose.Of("op_Addition", "op_Subtraction", "op_Multiply", "op_Division"), half, half), a,
            Of(half, depth - 1));
    }

    /// <summary>A float that is neither NaN nor infinite.</summary>
    Expression Finite(Type type, int depth) => Expression.Call(Canonical.For(type)!, Of(type, depth));

    Expression Converted(Type type, int depth)
    {
        Type from = choose.Of(typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(System.Half),
            typeof(bool));
        Expression value = Of(from, depth - 1);
        if (from == type)
            return value;
        Expression To(params OpCode[] codes) => Expression.Of(type, $"({type.Name}){value}", [value], codes);
        if (type == typeof(System.Half))
            return from == typeof(bool) ? Literal(type) : Expression.Call(HalfFrom(from), value);
        if (from == typeof(System.Half))
        {
            return Expression.Call(typeof(System.Half).GetMethods()
                .Single(m => m.Name is "op_Explicit" or "op_Implicit" && m.ReturnType == type), value);
        }

        bool unsigned = from == typeof(uint) || from == typeof(ulong) || from == typeof(bool);
        if (type == typeof(int) && from != typeof(float) && from != typeof(double) && choose.OneIn(2))
            return To(choose.Of(OpCodes.Conv_I1, OpCodes.Conv_U1, OpCodes.Conv_I2, OpCodes.Conv_U2));
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Int32 => To(OpCodes.Conv_I4),
            TypeCode.UInt32 => To(OpCodes.Conv_U4),
            TypeCode.Int64 => To(unsigned ? OpCodes.Conv_U8 : OpCodes.Conv_I8),
            TypeCode.UInt64 => To(unsigned || from == typeof(float) || from == typeof(double) ? OpCodes.Conv_U8 : OpCodes.Conv_I8),
            TypeCode.Single => unsigned ? To(OpCodes.Conv_R_Un, OpCodes.Conv_R4) : To(OpCodes.Conv_R4),
            _ => unsigned ? To(OpCodes.Conv_R_Un, OpCodes.Conv_R8) : To(OpCodes.Conv_R8),
        };
    }

    static MethodInfo HalfFrom(Type type) =>
        typeof(System.Half).GetMethods().Single(m => m.Name is "op_Explicit" or "op_Implicit" && m.ReturnType == typeof(System.Half)
        && m.GetParameters()[0].ParameterType == type);
}
