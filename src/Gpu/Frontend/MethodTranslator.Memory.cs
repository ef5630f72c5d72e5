using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>Variables, structs and addresses.</content>
sealed partial class MethodTranslator
{
    internal TypeLayout LayoutOf(Type type) => TypeLayout.Of(type)
        ?? throw Diagnostic.OfType(builder.Position, type);

    Variable Declare(Type type)
    {
        // Text is refused where it is put together.
        if (type.IsByRef || type.IsArray || Closures.IsClosure(type) || type == typeof(DefaultInterpolatedStringHandler))
            return new Variable();
        TypeLayout layout = LayoutOf(type);
        int[] slots = [.. layout.Leaves.Select(leaf => builder.NewSlot(leaf.Type))];
        return new Variable { Layout = layout, Slot = slots.FirstOrDefault() };
    }

    void Clear(Variable variable)
    {
        if (variable.Layout != null)
            Write(variable, Zero(variable.Layout));
    }

    Data Zero(TypeLayout layout) => new([.. layout.Leaves.Select(leaf => builder.Function.Constant(leaf.Type, 0))]);

    Item Read(Variable variable)
    {
        if (variable.Layout != null)
            return new Data([.. variable.Layout.Leaves.Select((_, l) => builder.Read(variable.Slot + l))]);
        return variable.Shape is ElementAddress element
            ? element with { Base = builder.Read(variable.Slot), Index = builder.Read(variable.Slot + 1) }
            : variable.Shape ?? throw Diagnostic.AmbiguousReference.At(builder.Position);
    }

    void Write(Variable variable, Item item)
    {
        if (variable.Layout != null)
        {
            Data data = Coerce(item, variable.Layout);
            for (int l = 0; l < data.Values.Length; l++)
                builder.Write(variable.Slot + l, data.Values[l]);
            return;
        }

        if (variable.Shape == null)
        {
            variable.Shape = item;
            if (item is ElementAddress first)
            {
                variable.Slot = builder.NewSlot(IrType.Global);
                builder.NewSlot(first.Index.Type);
            }
        }

        if (item is ElementAddress address && variable.Shape is ElementAddress shape
            && (address.Stride, address.Offset) == (shape.Stride, shape.Offset))
        {
            builder.Write(variable.Slot, address.Base);
            builder.Write(variable.Slot + 1, Coerce(address.Index, shape.Index.Type));
        }
        else if (item != variable.Shape || item is Data)
        {
            throw Diagnostic.AmbiguousReference.At(builder.Position);
        }
    }

    /// <summary>The values as a type's leaves are held: bools as such, small integers within their range.</summary>
    Data Coerce(Item item, TypeLayout layout) =>
        new([.. Values(item, layout).Select((value, v) => Narrow(Coerce(value, layout.Leaves[v].Type), layout.Leaves[v]))]);

    Value[] Values(Item item, TypeLayout layout)
    {
        if (item is Text)
            throw Diagnostic.ManagedObject.At(builder.Position, "a string");
        if (item is not Data data || data.Values.Length != layout.Leaves.Length)
            throw Diagnostic.Instruction.At(builder.Position, "that takes an address for a value");
        return data.Values;
    }

    Value Narrow(Value value, Leaf leaf) =>
        leaf.Type == IrType.Bool || value is Instruction { Op: Op.Load } load && load.Access.Type == leaf.Memory
        ? value
        : leaf.Memory switch
        {
            MemoryType.I8 => builder.Convert(Op.SignExtend8, IrType.I32, value),
            MemoryType.U8 => builder.Convert(Op.ZeroExtend8, IrType.I32, value),
            MemoryType.I16 => builder.Convert(Op.SignExtend16, IrType.I32, value),
            MemoryType.U16 => builder.Convert(Op.ZeroExtend16, IrType.I32, value),
            _ => value,
        };

    /// <summary>What lies at an address; a value itself stands for the address of it.</summary>
    internal Data Load(Item address, TypeLayout layout) => address switch
    {
        ElementAddress element => new Data([.. layout.Leaves.Select(leaf => LoadLeaf(element, leaf))]),
        VariableAddress { Variable.Layout: not null } variable =>
        new Data([.. layout.Leaves.Select((_, l) => builder.Read(variable.Variable.Slot + variable.First + l))]),
        Data data => data,
        _ => throw Diagnostic.AmbiguousReference.At(builder.Position),
    };

    Value LoadLeaf(ElementAddress element, Leaf leaf)
    {
        if (leaf.Type.IsPointer())
            throw Diagnostic.UnsupportedType.At(builder.Position, "view of views");
        Value value = builder.Emit(Op.Load, leaf.Memory.Loaded(), new Access(leaf.Memory, element.Stride, element.Offset + leaf.Offset),
            element.Base, element.Index);
        return Coerce(value, leaf.Type);
    }

    void Store(Item address, TypeLayout layout, Item item)
    {
        // Memory takes the low bits by itself.
        Value[] values = address is ElementAddress ? Values(item, layout) : Coerce(item, layout).Values;
        for (int l = 0; l < layout.Leaves.Length; l++)
        {
            Leaf leaf = layout.Leaves[l];
            switch (address)
            {
                case ElementAddress element:
                    if (leaf.Type.IsPointer())
                        throw Diagnostic.UnsupportedType.At(builder.Position, "view of views");
                    builder.Emit(
                        Op.Store, IrType.None, new Access(leaf.Memory, element.Stride, element.Offset + leaf.Offset),
                        element.Base, element.Index, Coerce(Coerce(values[l], leaf.Type), leaf.Memory.Loaded()));
                    break;
                case VariableAddress { Variable.Layout: not null } variable:
                    builder.Write(variable.Variable.Slot + variable.First + l, values[l]);
                    break;
                default:
                    throw Diagnostic.AmbiguousReference.At(builder.Position);
            }
        }
    }

    Value LoadPrimitive(Item address, MemoryType type)
    {
        if (address is ElementAddress element)
            return LoadLeaf(element, new Leaf("", type.Loaded(), type, 0));
        Leaf leaf = VariableLeaf(address, type);
        return Load(address, TypeLayout.Of(Primitive(leaf))!).Values[0];
    }

    void StorePrimitive(Item address, MemoryType type, Value value)
    {
        Leaf leaf = address is ElementAddress ? new Leaf("", type.Loaded(), type, 0) : VariableLeaf(address, type);
        Store(address, TypeLayout.Of(Primitive(leaf))!, new Data([value]));
    }

    // The instructions that read and write through references to variables say the size and kind only; the variable knows its sign.
    Leaf VariableLeaf(Item address, MemoryType type) =>
        address is VariableAddress { Variable.Layout: { } layout } variable && layout.Leaves[variable.First] is var leaf
        && leaf.Memory.Loaded() == type.Loaded() && leaf.Memory.Bytes() == type.Bytes()
            ? leaf
            : throw Diagnostic.AmbiguousReference.At(builder.Position);

    static Type Primitive(Leaf leaf) => leaf.Type == IrType.Bool ? typeof(bool) : leaf.Memory switch
    {
        MemoryType.I8 => typeof(sbyte),
        MemoryType.U8 => typeof(byte),
        MemoryType.I16 => typeof(short),
        MemoryType.U16 => typeof(ushort),
        MemoryType.I32 => typeof(int),
        MemoryType.I64 => typeof(long),
        MemoryType.F32 => typeof(float),
        _ => typeof(double),
    };

    static MemoryType Indirect(ILOpCode code) => code switch
    {
        ILOpCode.Ldind_i1 or ILOpCode.Stind_i1 => MemoryType.I8,
        ILOpCode.Ldind_u1 => MemoryType.U8,
        ILOpCode.Ldind_i2 or ILOpCode.Stind_i2 => MemoryType.I16,
        ILOpCode.Ldind_u2 => MemoryType.U16,
        ILOpCode.Ldind_i4 or ILOpCode.Ldind_u4 or ILOpCode.Stind_i4 => MemoryType.I32,
        ILOpCode.Ldind_i8 or ILOpCode.Ldind_i or ILOpCode.Stind_i8 or ILOpCode.Stind_i => MemoryType.I64,
        ILOpCode.Ldind_r4 or ILOpCode.Stind_r4 => MemoryType.F32,
        _ => MemoryType.F64,
    };

    Item FieldAddress(Item address, FieldInfo field)
    {
        var (first, offset) = LayoutOf(field.DeclaringType!).Field(field);
        return address switch
        {
            ElementAddress element => element with { Offset = element.Offset + offset },
            VariableAddress variable => variable with { First = variable.First + first },
            _ => throw Diagnostic.AmbiguousReference.At(builder.Position),
        };
    }

    Data LoadField(Item item, FieldInfo field)
    {
        if (!field.DeclaringType!.IsValueType)
            throw Diagnostic.OfType(builder.Position, field.DeclaringType);
        TypeLayout layout = LayoutOf(field.FieldType);
        if (item is not Data data)
            return Load(FieldAddress(item, field), layout);
        int first = LayoutOf(field.DeclaringType).Field(field).First;
        return new Data(data.Values[first..(first + layout.Leaves.Length)]);
    }

    Item StaticValue(FieldInfo field)
    {
        if (!field.IsInitOnly)
            throw Diagnostic.StaticField.At(builder.Position, field.Name);
        if (field.FieldType.IsArray)
            return ConstantArray(field);
        TypeLayout layout = LayoutOf(field.FieldType);
        if (layout.Leaves.Any(leaf => leaf.Type.IsPointer()))
            throw Diagnostic.UnsupportedType.At(builder.Position, field.FieldType.Name);
        RuntimeHelpers.RunClassConstructor(field.DeclaringType!.TypeHandle);
        return Constants.Of(builder.Function, field.GetValue(null)!);
    }
}
