using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Frontend;

/// <content>References taken as other types, arrays' first contents, and memory whose size the launch decides.</content>
static partial class Intrinsics
{
    static void AddReferences()
    {
        foreach (MethodInfo method in typeof(Unsafe).GetMethods()
            .Where(method => method.Name is nameof(Unsafe.As) or nameof(Unsafe.AsRef) && method.GetParameters()[0].ParameterType.IsByRef))
        {
            Add(method, (_, _, a) => a[0]);
        }

        Add(typeof(RuntimeHelpers), nameof(RuntimeHelpers.InitializeArray), [typeof(Array), typeof(RuntimeFieldHandle)], (t, _, a) =>
        {
            if (a is not [ManagedArray array, FieldToken token])
                throw Diagnostic.ManagedObject.At(t.Builder.Position, "an array");
            t.InitializeArray(array, token.Field);
            return null;
        });
        Add(typeof(SharedMemory), nameof(SharedMemory.GetDynamic), [], DynamicShared);
        Add(typeof(Interop).GetMethod(nameof(Interop.OffsetOf))!, OffsetOf);
    }

    // All of it is one block, of whatever type it is asked for.
    static Data DynamicShared(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        SsaBuilder builder = translator.Builder;
        int bytes = builder.Function.DynamicSharedBytes;
        if (builder.DynamicShared == null)
        {
            Block current = builder.Current;
            builder.Current = builder.Function.Entry;
            builder.DynamicShared = builder.Emit(Op.SharedAllocate, IrType.Shared,
                new Allocation(sizeof(ulong), (bytes + sizeof(ulong) - 1) / sizeof(ulong)));
            builder.Current = current;
        }

        return new Data([builder.DynamicShared, builder.Function.Constant((long)bytes
            / ElementSize(translator, method.GetGenericArguments()[0]))]);
    }

    static Data OffsetOf(MethodTranslator translator, MethodBase method, Item[] arguments)
    {
        Type type = method.GetGenericArguments()[0];
        if (arguments[0] is not Text { Words: var name }
            || type.GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) is not { } field)
        {
            throw Diagnostic.ManagedObject.At(translator.Builder.Position, "a string");
        }

        return new Data([translator.Builder.Function.Constant(translator.LayoutOf(type).Field(field).Offset)]);
    }
}
