using System.Reflection;
using System.Reflection.Emit;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Code that leaves one value: its type, what it looks like, and how it is emitted.</summary>
sealed record Expression(Type Type, string Text, Action<ILGenerator> Emit)
{
    /// <summary>Of a comparison: a branch to a label unless it holds.</summary>
    public Action<ILGenerator, Label>? BranchUnless { get; init; }

    public override string ToString() => Text;

    public static Expression Literal(object value) =>
        new(value.GetType(), value is float or double ? $"{value:R}" : value.ToString()!, il => EmitLiteral(il, value));

    /// <summary>A call of a static method, or of a struct's method on an address.</summary>
    public static Expression Call(MethodInfo method, params Expression[] arguments) =>
        new(method.ReturnType, $"{method.DeclaringType!.Name}.{method.Name}({string.Join<Expression>(", ", arguments)})", il =>
        {
            foreach (Expression argument in arguments)
                argument.Emit(il);
            il.Emit(OpCodes.Call, method);
        });

    /// <summary>Operands, then operations on them.</summary>
    public static Expression Of(Type type, string text, Expression[] operands, params OpCode[] codes) => new(type, text, il =>
    {
        foreach (Expression operand in operands)
            operand.Emit(il);
        foreach (OpCode code in codes)
            il.Emit(code);
    });

    static void EmitLiteral(ILGenerator il, object value)
    {
        switch (value)
        {
            case bool flag:
                il.Emit(flag ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                break;
            case int number:
                il.Emit(OpCodes.Ldc_I4, number);
                break;
            case uint number:
                il.Emit(OpCodes.Ldc_I4, (int)number);
                break;
            case long number:
                il.Emit(OpCodes.Ldc_I8, number);
                break;
            case ulong number:
                il.Emit(OpCodes.Ldc_I8, (long)number);
                break;
            case float number:
                il.Emit(OpCodes.Ldc_R4, number);
                break;
            case double number:
                il.Emit(OpCodes.Ldc_R8, number);
                break;
            default:
                throw new ArgumentException($"no literal of {value.GetType().Name}");
        }
    }
}

/// <summary>A local or an argument of a method.</summary>
sealed class Variable(Type type, string name, int argument = -1)
{
    readonly bool isArgument = argument >= 0;
    int index = argument;

    public Type Type { get; } = type;

    public string Name { get; } = name;

    /// <summary>What reading it leaves: small integers are ints.</summary>
    public Expression Read() => new(Widened(Type), Name, il => il.Emit(isArgument ? OpCodes.Ldarg : OpCodes.Ldloc, (short)index));

    public Expression Address() => new(Type, "ref " + Name, il => il.Emit(isArgument ? OpCodes.Ldarga : OpCodes.Ldloca, (short)index));

    public void Write(ILGenerator il) => il.Emit(isArgument ? OpCodes.Starg : OpCodes.Stloc, (short)index);

    public void Declare(ILGenerator il) => index = il.DeclareLocal(Type).LocalIndex;

    public static Type Widened(Type type) =>
        type == typeof(byte) || type == typeof(sbyte) || type == typeof(short) || type == typeof(ushort) ? typeof(int) : type;
}
