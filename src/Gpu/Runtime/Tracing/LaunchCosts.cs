using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>What a launch's arguments tell of its cost.</summary>
static class LaunchCosts
{
    // Weak: a type may be of an assembly that is unloaded.
    static readonly ConditionalWeakTable<Type, Lazy<Func<object, long>?>> Sizes = [];

    /// <summary>The bytes of all views, and the operations that an argument tells.</summary>
    public static (long Bytes, double Flops) Of(Launch launch)
    {
        long bytes = 0;
        double flops = 0;
        foreach (object argument in launch.Arguments)
        {
            bytes += Sizes.GetValue(argument.GetType(), static type => new(() => SizeOf(type))).Value?.Invoke(argument) ?? 0;
            flops += argument is ILaunchCost cost ? cost.Flops : 0;
        }

        return (bytes, flops);
    }

    static Func<object, long>? SizeOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>)
        ? typeof(LaunchCosts).GetMethod(nameof(BytesOf),
        BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type.GetGenericArguments()).CreateDelegate<Func<object, long>>()
        : null;

    static long BytesOf<T>(object view)
        where T : unmanaged => ((ArrayView<T>)view).Length * Unsafe.SizeOf<T>();
}
