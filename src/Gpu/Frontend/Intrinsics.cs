using System.Reflection;
using Dalle2.Gpu.Extensions;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <summary>What a member of ILGPU's becomes: given the arguments (of an instance member, first the address of the instance), its result.</summary>
delegate Item? Intrinsic(MethodTranslator translator, MethodBase method, Item[] arguments);

/// <summary>
/// The members that become operations. All others are ordinary C#, built on these, and are inlined like a kernel's own methods.
/// </summary>
static partial class Intrinsics
{
    static readonly Dictionary<(Module Module, int Token), Intrinsic> Table = [];

    static Intrinsics()
    {
        Type view = typeof(ArrayView<>);
        Add(view, "get_Item", [typeof(int)], Element);
        Add(view, "get_Item", [typeof(long)], Element);
        Add(view, "get_Item", [typeof(Index1D)], Element);
        Add(view, "get_Item", [typeof(LongIndex1D)], Element);
        Add(view, "get_Length", [], (t, m, a) => new Data([View(t, m, a).Length]));
        Add(view, "get_IntLength", [], IntLength);
        Add(view, "get_IsValid", [], (t, m, a) => new Data([t.Builder.Emit(Op.IsValid, View(t, m, a).Base)]));
        Add(view, "SubView", [typeof(long)], SubView);
        Add(view, "SubView", [typeof(long), typeof(long)], SubView);
        Add(view, "Cast", [], Cast);
        Add(typeof(SharedMemory).GetMethod("Allocate", [typeof(int)])!, (t, m, a) => Allocate(Op.SharedAllocate, IrType.Shared, t, m, a));
        Add(typeof(LocalMemory), "Allocate", [typeof(int)], (t, m, a) => Allocate(Op.LocalAllocate, IrType.Local, t, m, a));

        AddThreads();
        AddHalf();
        AddMatrix();
        AddAssertions();
        AddReferences();
        foreach (Type type in new[] { typeof(float), typeof(double) })
        {
            Type library = type == typeof(float) ? typeof(MathF) : typeof(Math);
            Operation(library, "Sqrt", Op.Sqrt, type);
            Operation(library, "Floor", Op.Floor, type);
            Operation(library, "Abs", Op.Abs, type);
            Operation(library, "FusedMultiplyAdd", Op.FusedMultiplyAdd, type, type, type);
            Add(type, "IsNaN", [type], (t, _, a) => new Data([t.Builder.Emit(Op.NotEqual, Value(a[0]), Value(a[0]))]));
        }

        Operation(typeof(Fused), "MultiplyAdd", Op.FusedMultiplyAdd, typeof(float), typeof(float), typeof(float));
        Reinterpret(typeof(Interop), "FloatAsInt", typeof(float), IrType.I32);
        Reinterpret(typeof(Interop), "FloatAsInt", typeof(double), IrType.I64);
        Reinterpret(typeof(Interop), "IntAsFloat", typeof(uint), IrType.F32);
        Reinterpret(typeof(Interop), "IntAsFloat", typeof(ulong), IrType.F64);
        Reinterpret(typeof(BitConverter), "SingleToUInt32Bits", typeof(float), IrType.I32);
        Reinterpret(typeof(BitConverter), "SingleToInt32Bits", typeof(float), IrType.I32);
        Reinterpret(typeof(BitConverter), "DoubleToUInt64Bits", typeof(double), IrType.I64);
        Reinterpret(typeof(BitConverter), "DoubleToInt64Bits", typeof(double), IrType.I64);
        Reinterpret(typeof(BitConverter), "UInt32BitsToSingle", typeof(uint), IrType.F32);
        Reinterpret(typeof(BitConverter), "Int32BitsToSingle", typeof(int), IrType.F32);
        Reinterpret(typeof(BitConverter), "UInt64BitsToDouble", typeof(ulong), IrType.F64);
        Reinterpret(typeof(BitConverter), "Int64BitsToDouble", typeof(long), IrType.F64);
        Add(typeof(Interop).GetMethods().Single(m => m.Name == "SizeOf" && m.GetParameters().Length == 0),
            (t, m, _) => new Data([t.Builder.Function.Constant(ElementSize(t, m.GetGenericArguments()[0]))]));
    }

    public static Intrinsic? Find(MethodBase method) => Table.GetValueOrDefault((method.Module, method.MetadataToken));

    /// <summary>True for types of the base library, whose methods are taken only where they are plain C#.</summary>
    public static bool IsForeign(Type type) => type.Assembly == typeof(object).Assembly;

    static void Add(Type type, string name, Type[] parameters, Intrinsic intrinsic)
    {
        MethodInfo method = type.GetMethod(name, parameters)
            ?? throw new InvalidOperationException($"{type.Name} has no {name}({string.Join(", ", parameters.Select(p => p.Name))})");
        Add(method, intrinsic);
    }

    static void Add(MethodInfo method, Intrinsic intrinsic) => Table.Add((method.Module, method.MetadataToken), intrinsic);

    static void Nullary(Type type, string name, Op op) => Add(type, name, [], (t, _, _) => new Data([t.Builder.Emit(op)]));

    static void Operation(Type type, string name, Op op, params Type[] parameters) =>
        Add(type, name, parameters, (t, _, a) => new Data([t.Builder.Emit(op, [.. a.Select(Value)])]));

    static void Reinterpret(Type type, string name, Type parameter, IrType result) =>
        Add(type, name, [parameter], (t, _, a) => new Data([t.Builder.Convert(Op.Bits, result, Value(a[0]))]));

    static Value Value(Item item) => ((Data)item).Values[0];

    static (Value Base, Value Length) View(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        Data view = translator.Load(arguments[0], TypeLayout.Of(method.DeclaringType!)!);
        return (view.Values[0], view.Values[1]);
    }

    static int ElementSize(MethodTranslator translator, Type element) => TypeLayout.Of(element)?.Size
        ?? throw Diagnostic.OfType(translator.Builder.Position, element);

    static int ElementSize(MethodTranslator translator, MethodBase member) =>
        ElementSize(translator, member.DeclaringType!.GetGenericArguments()[0]);

    static ElementAddress Element(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        var (address, length) = View(translator, method, arguments);
        Value index = Value(arguments[1]);
        translator.Builder.Emit(Op.Bounds, index, length);
        return new ElementAddress(address, index, ElementSize(translator, method), 0);
    }

    // A length of 2^31 or more is an error, as in .NET.
    static Data IntLength(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        Value length = View(translator, method, arguments).Length;
        translator.Builder.Emit(Op.Bounds, length, translator.Builder.Function.Constant(1L + int.MaxValue));
        return new Data([translator.Builder.Convert(Op.Truncate, IrType.I32, length)]);
    }

    static Data SubView(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        var (address, length) = View(translator, method, arguments);
        Value index = Value(arguments[1]);
        Value count = arguments.Length == 3 ? Value(arguments[2]) : builder.Emit(Op.Subtract, length, index);
        builder.Emit(Op.BoundsRange, index, count, length);
        int size = ElementSize(translator, method);
        MemoryType unit = TypeLayout.Of(method.DeclaringType!.GetGenericArguments()[0])!.Leaves is [{ Offset: 0 } leaf]
            ? leaf.Memory : MemoryType.None;
        return new Data([builder.Emit(Op.Offset, address.Type, new Access(unit, size, 0), address, index), count]);
    }

    static Data Cast(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        var (address, length) = View(translator, method, arguments);
        Value bytes = builder.Emit(Op.Multiply, length, builder.Function.Constant((long)ElementSize(translator, method)));
        long size = ElementSize(translator, method.GetGenericArguments()[0]);
        return new Data([address, builder.Emit(Op.Divide, bytes, builder.Function.Constant(size))]);
    }

    static Data Allocate(Op op, IrType type, MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        if (Value(arguments[0]) is not Constant { Bits: var extent } || (int)extent < 0)
            throw Diagnostic.SharedExtent.At(translator.Builder.Position, type.Name());
        int size = ElementSize(translator, method.GetGenericArguments()[0]);
        Value address = translator.Builder.Emit(op, type, new Allocation(size, (int)extent));
        return new Data([address, translator.Builder.Function.Constant((long)extent)]);
    }
}
