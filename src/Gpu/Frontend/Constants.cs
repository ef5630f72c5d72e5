using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>Values that are known while translating, as constants.</summary>
static class Constants
{
    /// <summary>The primitives of a value of a type that kernels can hold, without views.</summary>
    public static Data Of(Function function, object value) =>
        new([.. Leaves(value).Select(leaf => function.Constant(leaf.Type, leaf.Bits))]);

    /// <summary>The primitives of a value: their types and bits.</summary>
    public static IEnumerable<(IrType Type, ulong Bits)> Leaves(object value)
    {
        Type type = value.GetType();
        if (type.IsPrimitive || type.IsEnum)
        {
            return [(TypeLayout.Of(type)!.Leaves[0].Type,
                BitsOf(type.IsEnum ? System.Convert.ChangeType(value, Enum.GetUnderlyingType(type)) : value))];
        }

        return TypeLayout.FieldsOf(type).SelectMany(field => Leaves(field.GetValue(value)!));
    }

    static ulong BitsOf(object value) => value switch
    {
        bool flag => flag ? 1ul : 0ul,
        float number => BitConverter.SingleToUInt32Bits(number),
        double number => BitConverter.DoubleToUInt64Bits(number),
        char character => character,
        ulong number => number,
        long number => (ulong)number,
        uint number => number,
        nint number => (ulong)number,
        nuint number => number,
        _ => (uint)System.Convert.ToInt32(value),
    };
}
