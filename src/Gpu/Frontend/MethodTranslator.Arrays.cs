using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>Managed arrays whose extents are constants: local memory, of one axis or several.</content>
sealed partial class MethodTranslator
{
    /// <summary>The most elements of a managed array, each of which begins as zero.</summary>
    const int MostElements = 4096;

    ManagedArray Array(Item item) => item as ManagedArray ?? throw Diagnostic.ManagedObject.At(builder.Position, "an array");

    /// <summary>A fresh array of zeros.</summary>
    internal ManagedArray NewArray(Type element, Value[] extents)
    {
        int[] constants = [.. extents.Select(extent => extent is Constant { Bits: var bits }
            && (int)bits >= 0 ? (int)bits : throw Diagnostic.SharedExtent.At(builder.Position, "array"))];
        ManagedArray array = Allocate(element, constants, isConstant: false);
        Data zero = Zero(LayoutOf(element));
        for (int i = 0; i < Elements(array); i++)
            Store(Element(array, i), LayoutOf(element), zero);
        return array;
    }

    /// <summary>Fills an array with the values that the compiler of C# stored beside the code.</summary>
    internal void InitializeArray(ManagedArray array, FieldInfo field)
    {
        var values = System.Array.CreateInstance(array.Element, array.Extents);
        RuntimeHelpers.InitializeArray(values, field.FieldHandle);
        Fill(array, values);
    }

    /// <summary>The element of an array; each index is checked against its own extent.</summary>
    ElementAddress ElementOf(ManagedArray array, Value[] indices, bool isWritten = false)
    {
        if (isWritten && array.IsConstant)
            throw Diagnostic.StaticField.At(builder.Position, "of an array that is written to");
        Value? linear = null;
        for (int axis = 0; axis < indices.Length; axis++)
        {
            Value index = Coerce(indices[axis], IrType.I32);
            builder.Emit(Op.Bounds, index, builder.Function.Constant((long)array.Extents[axis]));
            linear = linear == null ? index : builder.Emit(Op.Add,
                builder.Emit(Op.Multiply, linear, builder.Function.Constant(array.Extents[axis])), index);
        }

        return new ElementAddress(array.Base, linear!, LayoutOf(array.Element).Size, 0);
    }

    /// <summary>Calls of the methods that arrays of several axes have, and of what all arrays have.</summary>
    Item? CallOfArray(MethodBase target, Item[] values)
    {
        ManagedArray array = Array(values[0]);
        Value[] numbers = [.. values.Skip(1).Take(array.Extents.Length)
            .Select(value => value is Data ? Number(value) : builder.Function.Constant(0))];
        switch (target.Name)
        {
            case "Get":
                return Load(ElementOf(array, numbers), LayoutOf(array.Element));
            case "Address":
                return ElementOf(array, numbers);
            case "Set":
                Store(ElementOf(array, numbers, isWritten: true), LayoutOf(array.Element), values[^1]);
                return null;
            case "get_Length":
                return new Data([builder.Function.Constant(Elements(array))]);
            case "get_LongLength":
                return new Data([builder.Function.Constant((long)Elements(array))]);
            case "get_Rank":
                return new Data([builder.Function.Constant(array.Extents.Length)]);
            case "GetLength" when numbers[0] is Constant { Bits: var axis } && (int)axis < array.Extents.Length:
                return new Data([builder.Function.Constant(array.Extents[(int)axis])]);
            case "GetLowerBound":
                return new Data([builder.Function.Constant(0)]);
            case "GetUpperBound" when numbers[0] is Constant { Bits: var axis } && (int)axis < array.Extents.Length:
                return new Data([builder.Function.Constant(array.Extents[(int)axis] - 1)]);
            default:
                throw Diagnostic.ForeignCall.At(builder.Position, NameOf(target));
        }
    }

    // What a static field's array holds now: filled once, where the kernel begins.
    ManagedArray ConstantArray(FieldInfo field)
    {
        if (builder.ConstantArrays.TryGetValue(field, out ManagedArray? known))
            return known;
        RuntimeHelpers.RunClassConstructor(field.DeclaringType!.TypeHandle);
        if (field.GetValue(null) is not System.Array values)
            throw Diagnostic.ManagedObject.At(builder.Position, $"the field {field.Name}, which holds no array");
        Block current = builder.Current;
        builder.Current = builder.Function.Entry;
        ManagedArray array = Allocate(field.FieldType.GetElementType()!, [.. Enumerable.Range(0, values.Rank).Select(values.GetLength)],
            isConstant: true);
        Fill(array, values);
        builder.Current = current;
        builder.ConstantArrays.Add(field, array);
        return array;
    }

    ManagedArray Allocate(Type element, int[] extents, bool isConstant)
    {
        long count = extents.Aggregate(1L, (product, extent) => product * extent);
        if (count > MostElements)
            throw Diagnostic.UnsupportedType.At(builder.Position, $"array of {count} elements ({MostElements} is the most)");
        Value address = builder.Emit(Op.LocalAllocate, IrType.Local, new Allocation(LayoutOf(element).Size, (int)count));
        return new ManagedArray(address, element, extents, isConstant);
    }

    void Fill(ManagedArray array, System.Array values)
    {
        int i = 0;
        foreach (object? value in values)
            Store(Element(array, i++), LayoutOf(array.Element), Constants.Of(builder.Function, value!));
    }

    ElementAddress Element(ManagedArray array, int i) => new(array.Base, builder.Function.Constant(i), LayoutOf(array.Element).Size, 0);

    static int Elements(ManagedArray array) => array.Extents.Aggregate(1, (product, extent) => product * extent);
}
