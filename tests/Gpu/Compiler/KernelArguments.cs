using System.Reflection;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>A launch's arguments as a function takes them: the bits of their primitive parts, and the memory that their views mean.</summary>
static class KernelArguments
{
    public static ulong[] Bits(IEnumerable<object> arguments)
    {
        var bits = new List<ulong>();
        foreach (object argument in arguments)
            Add(argument, bits);
        return [.. bits];
    }

    /// <summary>The memory of each view, wherever in the arguments it is.</summary>
    public static List<(long Start, long End)> Ranges(IEnumerable<object> arguments) =>
    [
        .. arguments.SelectMany(Views).Select(view =>
        {
            long start = (long)Bits([view])[0];
            return (start, start + view.LengthInBytes);
        }),
    ];

    /// <summary>The element types of the same views.</summary>
    public static Type[] Elements(IEnumerable<object> arguments) =>
        [.. arguments.SelectMany(Views).Select(view => view.GetType().GetGenericArguments()[0])];

    static IEnumerable<IContiguousArrayView> Views(object value) => value is IContiguousArrayView { Length: > 0 } view
        ? [view]
        : value.GetType() is { IsPrimitive: false, IsEnum: false, IsPointer: false } type && value is not IContiguousArrayView
            ? type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(f => f.MetadataToken)
            .SelectMany(field => Views(field.GetValue(value)!))
            : [];

    static void Add(object value, List<ulong> bits)
    {
        switch (value)
        {
            case IContiguousArrayView view:
                bits.Add(view.Buffer == null ? 0 : (ulong)(view.Buffer.NativePtr + (nint)view.IndexInBytes));
                bits.Add((ulong)view.Length);
                break;
            case bool flag:
                bits.Add(flag ? 1ul : 0ul);
                break;
            case float number:
                bits.Add(BitConverter.SingleToUInt32Bits(number));
                break;
            case double number:
                bits.Add(BitConverter.DoubleToUInt64Bits(number));
                break;
            case long number:
                bits.Add((ulong)number);
                break;
            case ulong number:
                bits.Add(number);
                break;
            case uint number:
                bits.Add(number);
                break;
            case char or byte or sbyte or short or ushort or int:
                bits.Add((uint)Convert.ToInt32(value));
                break;
            default:
                foreach (FieldInfo field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                    .OrderBy(f => f.MetadataToken))
                {
                    Add(field.GetValue(value)!, bits);
                }

                break;
        }
    }
}
