using System.Numerics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// Division of integers as kernels have it: by zero the quotient is 0 and the remainder the dividend; the smallest by -1 is itself again, without
/// remainder. Copied kernels call these in place of the instructions, which .NET would stop at.
/// </summary>
static class IntegerDivision
{
    /// <summary>What to call for an instruction that divides.</summary>
    /// <param name="code">The instruction.</param>
    /// <param name="kind">Of its operands.</param>
    /// <param name="isChecked">Whether it tells of a division without a result; it then takes the place in the source too.</param>
    public static MethodInfo Of(ILOpCode code, StackKind kind, bool isChecked)
    {
        Type type = (kind, code is ILOpCode.Div_un or ILOpCode.Rem_un) switch
        {
            (StackKind.Int, false) => typeof(int),
            (StackKind.Int, true) => typeof(uint),
            (StackKind.Long, false) => typeof(long),
            (StackKind.Long, true) => typeof(ulong),
            (_, false) => typeof(nint),
            _ => typeof(nuint),
        };
        string name = code is ILOpCode.Div or ILOpCode.Div_un ? nameof(Quotient) : nameof(Remainder);
        return typeof(IntegerDivision).GetMethods()
            .Single(method => method.Name == name && method.GetParameters().Length == (isChecked ? 3 : 2)).MakeGenericMethod(type);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Quotient<T>(T a, T b)
        where T : IBinaryInteger<T> => T.IsZero(b) ? b : IsMinusOne(b) ? -a : a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Remainder<T>(T a, T b)
        where T : IBinaryInteger<T> => T.IsZero(b) ? a : IsMinusOne(b) ? T.Zero : a % b;

    public static T Quotient<T>(T a, T b, string place)
        where T : IBinaryInteger<T>
    {
        Require(a, b, place);
        return Quotient(a, b);
    }

    public static T Remainder<T>(T a, T b, string place)
        where T : IBinaryInteger<T>
    {
        Require(a, b, place);
        return Remainder(a, b);
    }

    // Of unsigned integers no value is below zero.
    static bool IsMinusOne<T>(T b)
        where T : IBinaryInteger<T> => T.IsNegative(b) && b + T.One == T.Zero;

    static void Require<T>(T a, T b, string place)
        where T : IBinaryInteger<T>
    {
        if (T.IsZero(b) || (IsMinusOne(b) && T.IsNegative(a) && -a == a))
            throw new ArithmeticException($"{a} divided by {b} is no integer of its type ({place})");
    }
}
