using System.Reflection;
using Dalle2.Gpu.Frontend.Meanings;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>Half: two operations convert, the rest of its members are ordinary C# over them.</content>
static partial class Intrinsics
{
    static void AddHalf()
    {
        Add(typeof(BitConverter), "HalfToUInt16Bits", [typeof(Half)], (_, _, a) => a[0]);
        Add(typeof(BitConverter), "HalfToInt16Bits", [typeof(Half)],
            (t, _, a) => new Data([t.Builder.Convert(Op.SignExtend16, IrType.I32, Value(a[0]))]));
        Add(typeof(BitConverter), "UInt16BitsToHalf", [typeof(ushort)], (_, _, a) => a[0]);
        Add(typeof(BitConverter), "Int16BitsToHalf", [typeof(short)],
            (t, _, a) => new Data([t.Builder.Convert(Op.ZeroExtend16, IrType.I32, Value(a[0]))]));
        foreach (MethodInfo method in typeof(Half).GetMethods(BindingFlags.Public | BindingFlags.Static))
        {
            ParameterInfo[] parameters = method.GetParameters();
            if (method.Name is "op_Explicit" && parameters[0].ParameterType == typeof(float))
            {
                Add(method, (t, _, a) => new Data([t.Builder.Convert(Op.FloatToHalf, IrType.I32, Value(a[0]))]));
            }
            else if (method.Name is "op_Explicit" && method.ReturnType == typeof(float))
            {
                Add(method, (t, _, a) => new Data([t.Builder.Convert(Op.HalfToFloat, IrType.F32, Value(a[0]))]));
            }
            else if (Written(method, parameters) is { } written)
            {
                Add(method, (t, _, a) => t.Inline(written, a));
            }
            else if (parameters.Length == 0 && method is { IsSpecialName: true } && method.ReturnType == typeof(Half))
            {
                Add(method, (t, m, _) => new Data([t.Builder.Function.Constant(
                    BitConverter.HalfToUInt16Bits((Half)m.Invoke(null, null)!))]));
            }
        }
    }

    // The member of SystemHalfMeaning that says the same.
    static MethodInfo? Written(MethodInfo method, ParameterInfo[] parameters)
    {
        bool conversion = method.Name is "op_Explicit" or "op_Implicit";
        string name = !conversion ? method.Name : method.ReturnType == typeof(Half) ? "From" + parameters[0].ParameterType.Name : "To"
            + method.ReturnType.Name;
        return typeof(SystemHalfMeaning).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic,
            [.. parameters.Select(p => p.ParameterType)]);
    }
}
