using System.Reflection;
using System.Reflection.Emit;

namespace Dalle2.Gpu.Frontend;

/// <summary>Where .NET put the fields of a struct whose layout it chose itself.</summary>
static class FieldOffsets
{
    /// <summary>The struct's size, and the offset of each field in the order of <see cref="TypeLayout.FieldsOf"/>.</summary>
    public static (int Size, int[] Offsets) Of(Type type) =>
        (Measure(type, null), [.. TypeLayout.FieldsOf(type).Select(field => Measure(type, field))]);

    // The size, or the distance from a variable's address to that of its field.
    static int Measure(Type type, FieldInfo? field)
    {
        var method = new DynamicMethod("Measure", typeof(int), Type.EmptyTypes, typeof(FieldOffsets).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        if (field == null)
        {
            il.Emit(OpCodes.Sizeof, type);
        }
        else
        {
            LocalBuilder local = il.DeclareLocal(type);
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Ldflda, field);
            il.Emit(OpCodes.Conv_U);
            il.Emit(OpCodes.Ldloca, local);
            il.Emit(OpCodes.Conv_U);
            il.Emit(OpCodes.Sub);
            il.Emit(OpCodes.Conv_I4);
        }

        il.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }
}
