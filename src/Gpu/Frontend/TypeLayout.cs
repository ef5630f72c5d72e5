using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>One primitive part of a type: its name within it, its type as a value and in memory, and where it lies.</summary>
readonly record struct Leaf(string Name, IrType Type, MemoryType Memory, int Offset);

/// <summary>A type as the primitives that it consists of. A view is two: its base address and its length.</summary>
sealed class TypeLayout
{
    // Weak: a type may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<Type, Lazy<TypeLayout?>> Cache = [];

    readonly Dictionary<string, (int First, int Offset)> fields = [];

    TypeLayout(int size, int alignment, params Leaf[] leaves)
    {
        Size = size;
        Alignment = alignment;
        Leaves = leaves;
    }

    public Leaf[] Leaves { get; private set; }

    public int Size { get; private set; }

    public int Alignment { get; private set; }

    /// <summary>The layout; null if kernels cannot hold the type: classes, pointers, structs with such in them or with a layout of their own.</summary>
    public static TypeLayout? Of(Type type) => Cache.GetValue(type, static type => new(() => Create(type))).Value;

    /// <summary>Whether a type is a view, which is an address and a length here and another struct in .NET.</summary>
    public static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    /// <summary>A struct's fields, in the order in which their leaves come.</summary>
    public static IEnumerable<FieldInfo> FieldsOf(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field => field.MetadataToken);

    /// <summary>The first leaf of a field of this type, and the bytes before it.</summary>
    public (int First, int Offset) Field(FieldInfo field) => fields[field.Name];

    static TypeLayout? Create(Type type)
    {
        if (type.IsEnum)
            return Of(Enum.GetUnderlyingType(type));
        if (IsView(type))
        {
            return new TypeLayout(16, 8, new Leaf("base", IrType.Global, MemoryType.I64, 0),
                new Leaf("length", IrType.I64, MemoryType.I64, 8));
        }

        MemoryType memory = Primitive(type);
        if (memory != MemoryType.None)
        {
            return new TypeLayout(memory.Bytes(), memory.Bytes(),
                new Leaf("", type == typeof(bool) ? IrType.Bool : memory.Loaded(), memory, 0));
        }

        bool sequential = type.IsLayoutSequential && type.StructLayoutAttribute is { Pack: 0 or 8, Size: 0 or 1 };
        if (!type.IsValueType || type.IsPrimitive || type.IsByRefLike)
            return null;
        return sequential ? Sequential(type) : type.IsAutoLayout ? Arranged(type) : null;
    }

    static MemoryType Primitive(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => MemoryType.I8,
        TypeCode.Byte or TypeCode.Boolean => MemoryType.U8,
        TypeCode.Int16 => MemoryType.I16,
        TypeCode.UInt16 or TypeCode.Char => MemoryType.U16,
        TypeCode.Int32 or TypeCode.UInt32 => MemoryType.I32,
        TypeCode.Int64 or TypeCode.UInt64 => MemoryType.I64,
        TypeCode.Single => MemoryType.F32,
        TypeCode.Double => MemoryType.F64,
        _ when type == typeof(Half) => MemoryType.U16,
        _ => type == typeof(nint) || type == typeof(nuint) ? MemoryType.I64 : MemoryType.None,
    };

    static TypeLayout? Sequential(Type type)
    {
        var layout = new TypeLayout(0, 1);
        var leaves = new List<Leaf>();
        foreach (FieldInfo field in FieldsOf(type))
        {
            if (Of(field.FieldType) is not { } part)
                return null;
            int offset = (layout.Size + part.Alignment - 1) / part.Alignment * part.Alignment;
            layout.fields.Add(field.Name, (leaves.Count, offset));
            string name = SourceName(field.Name);
            leaves.AddRange(part.Leaves.Select(leaf =>
                leaf with { Name = leaf.Name.Length == 0 ? name : $"{name}.{leaf.Name}", Offset = offset + leaf.Offset }));
            layout.Size = offset + part.Size;
            layout.Alignment = Math.Max(layout.Alignment, part.Alignment);
        }

        layout.Leaves = [.. leaves];
        layout.Size = Math.Max(1, (layout.Size + layout.Alignment - 1) / layout.Alignment * layout.Alignment);
        return layout;
    }

    // .NET puts the fields of tuples and their like where it wants.
    static TypeLayout? Arranged(Type type)
    {
        if (Sequential(type) is not { } layout)
            return null;
        if (layout.Leaves.Any(leaf => leaf.Type.IsPointer()))
            return layout;
        var (size, offsets) = FieldOffsets.Of(type);
        List<Leaf> leaves = [];
        foreach (var (field, offset) in FieldsOf(type).Zip(offsets))
        {
            var (first, sequential) = layout.fields[field.Name];
            layout.fields[field.Name] = (first, offset);
            leaves.AddRange(layout.Leaves[first..(first + Of(field.FieldType)!.Leaves.Length)]
                .Select(leaf => leaf with { Offset = leaf.Offset - sequential + offset }));
        }

        layout.Leaves = [.. leaves];
        layout.Size = size;
        return layout;
    }

    // An automatic property's field is called <Name>k__BackingField.
    static string SourceName(string field) => field[0] == '<' ? field[1..field.IndexOf('>')] : field;
}
