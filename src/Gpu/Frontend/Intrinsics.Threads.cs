using System.Reflection;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>What threads do with each other: places in grid, group and warp, barriers, shuffles, fences, atomic operations.</content>
static partial class Intrinsics
{
    static void AddThreads()
    {
        Nullary(typeof(Grid), "get_IdxX", Op.GridIndexX);
        Nullary(typeof(Grid), "get_IdxY", Op.GridIndexY);
        Nullary(typeof(Grid), "get_IdxZ", Op.GridIndexZ);
        Nullary(typeof(Grid), "get_DimX", Op.GridSizeX);
        Nullary(typeof(Grid), "get_DimY", Op.GridSizeY);
        Nullary(typeof(Grid), "get_DimZ", Op.GridSizeZ);
        Nullary(typeof(Group), "get_IdxX", Op.GroupIndexX);
        Nullary(typeof(Group), "get_IdxY", Op.GroupIndexY);
        Nullary(typeof(Group), "get_IdxZ", Op.GroupIndexZ);
        Nullary(typeof(Group), "get_DimX", Op.GroupSizeX);
        Nullary(typeof(Group), "get_DimY", Op.GroupSizeY);
        Nullary(typeof(Group), "get_DimZ", Op.GroupSizeZ);
        Add(typeof(Group), "get_IsLastThread", [], IsLastThread);
        Meeting(typeof(Group), "Barrier", Op.Barrier);
        Meeting(typeof(Warp), "Barrier", Op.WarpBarrier);
        Meeting(typeof(MemoryFence), "GroupLevel", Op.MemoryFence, FenceScope.Group);
        Meeting(typeof(MemoryFence), "DeviceLevel", Op.MemoryFence, FenceScope.Device);
        Meeting(typeof(MemoryFence), "SystemLevel", Op.MemoryFence, FenceScope.System);
        Add(typeof(Warp).GetMethods().Single(m => m.Name == "Shuffle" && m.GetParameters().Length == 2), Shuffle);

        foreach (MethodInfo method in typeof(Atomic).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(IsAtomicOperation))
        {
            Type type = method.GetParameters()[1].ParameterType;
            bool unsigned = type == typeof(uint) || type == typeof(ulong);
            Op op = method.Name switch
            {
                "Add" => Op.AtomicAdd,
                "And" => Op.AtomicAnd,
                "Or" => Op.AtomicOr,
                "Xor" => Op.AtomicXor,
                "Min" => unsigned ? Op.AtomicMinUnsigned : Op.AtomicMin,
                "Max" => unsigned ? Op.AtomicMaxUnsigned : Op.AtomicMax,
                "Exchange" => Op.AtomicExchange,
                _ => Op.AtomicCompareExchange,
            };
            Add(method, (t, _, a) => Atomically(t, op, TypeLayout.Of(type)!.Leaves[0].Memory, a));
        }
    }

    // Indices are integers in a struct, and what no device has of floats is a loop: both are C#.
    static bool IsAtomicOperation(MethodInfo method) =>
        method is { IsGenericMethod: false } && method.GetParameters()[1].ParameterType is { IsPrimitive: true } type
        && (method.Name is "Add" or "Exchange" or "CompareExchange" || (type != typeof(float) && type != typeof(double)));

    static void Meeting(Type type, string name, Op op, FenceScope? scope = null) => Add(type, name, [], (t, _, _) =>
    {
        t.Builder.Emit(op, IrType.None, scope is { } fence ? new Fence(fence) : null);
        return null;
    });

    // A struct's primitives are taken one by one.
    static Data Shuffle(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        TypeLayout layout = translator.LayoutOf(method.GetGenericArguments()[0]);
        Value[] values = ((Data)arguments[0]).Values;
        return new Data([.. layout.Leaves.Select((leaf, l) => ShuffleLeaf(translator, leaf, values[l], Value(arguments[1])))]);
    }

    static Value ShuffleLeaf(MethodTranslator translator, Leaf leaf, Value value, Value lane)
    {
        if (leaf.Type.IsPointer())
            throw Diagnostic.UnsupportedType.At(translator.Builder.Position, "a view in a shuffle");
        Value number = leaf.Type == IrType.Bool ? translator.Builder.Convert(Op.ZeroExtend, IrType.I32, value) : value;
        Value taken = translator.Builder.Emit(Op.Shuffle, number, lane);
        return leaf.Type == IrType.Bool ? translator.Builder.Emit(Op.NotEqual, taken, translator.Builder.Function.Constant(0)) : taken;
    }

    static Data Atomically(MethodTranslator translator, Op op, MemoryType type, Item[] arguments)
    {
        if (arguments[0] is not ElementAddress element)
            throw Diagnostic.AtomicVariable.At(translator.Builder.Position);
        var access = new Access(type, element.Stride, element.Offset);
        return new Data([translator.Builder.Emit(op, type.Loaded(), access,
            [element.Base, element.Index, .. arguments.Skip(1).Select(Value)])]);
    }

    static Data IsLastThread(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        Value Index(Op index, Op size) =>
            builder.Emit(Op.Equal, builder.Emit(index), builder.Emit(Op.Subtract, builder.Emit(size), builder.Function.Constant(1)));
        Value lastX = Index(Op.GroupIndexX, Op.GroupSizeX), lastY = Index(Op.GroupIndexY, Op.GroupSizeY),
            lastZ = Index(Op.GroupIndexZ, Op.GroupSizeZ);
        return new Data([builder.Emit(Op.And, builder.Emit(Op.And, lastX, lastY), lastZ)]);
    }
}
