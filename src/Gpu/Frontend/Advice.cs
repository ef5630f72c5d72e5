using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dalle2.Gpu.Frontend;

/// <summary>What to write instead of a type or a call that kernels do not have, where there is better advice than the diagnostic's own.</summary>
static class Advice
{
    /// <summary>Instead of an enumerator.</summary>
    public const string Loop = "write a loop over a view's indices";

    /// <summary>Whether a type goes from element to element.</summary>
    public static bool IsEnumerator(Type type) => typeof(System.Collections.IEnumerator).IsAssignableFrom(type);

    /// <summary>Instead of a type; null if nothing better is known.</summary>
    public static string? For(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Nullable<>))
            return "ask HasValue and take GetValueOrDefault(), or pass a value and a bool";
        if (type == typeof(decimal))
            return "use double, or a long with a fixed scale";
        if (type == typeof(Int128) || type == typeof(UInt128) || type == typeof(BigInteger))
            return "use long or ulong, or a struct of your own that holds several; Math.BigMul gives both halves of a product";
        if (type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(TimeSpan) || type == typeof(DateOnly)
            || type == typeof(TimeOnly))
        {
            return "pass its ticks as a long";
        }

        if (type == typeof(string) || type == typeof(System.Text.StringBuilder) || type == typeof(DefaultInterpolatedStringHandler))
            return "kernels hold no text; write a number that the host makes words of, or Interop.WriteLine a constant text";
        if (type.IsSubclassOf(typeof(Delegate)))
            return "call a method by name, or one of a struct type argument (a static abstract member of its interface)";
        if (typeof(IAsyncStateMachine).IsAssignableFrom(type))
            return "write it without async and await; a launch's threads run side by side already";
        if (typeof(Task).IsAssignableFrom(type) || type.Namespace is "System.Threading" or "System.Threading.Tasks")
            return "a launch's threads run side by side already; use Atomic, Group.Barrier and MemoryFence between them";
        if (IsEnumerator(type) || (type.IsInterface && typeof(System.Collections.IEnumerable).IsAssignableFrom(type))
            || type == typeof(Enumerable))
        {
            return Loop;
        }

        if (type == typeof(Random))
            return "compute random numbers from a seed and the thread's index, or pass them in a view";
        if (type == typeof(Console))
            return "Interop.WriteLine prints from the devices reference and ilgpu:cpu";
        return Layout(type);
    }

    /// <summary>The type within a type that kernels cannot hold, with the field that it is in.</summary>
    public static (string Found, string? Instead) Culprit(Type type)
    {
        // What .NET keeps in its own structs is not the kernel's affair.
        if (!type.IsValueType || type.IsPrimitive || For(type) != null || (Intrinsics.IsForeign(type) && !type.IsGenericType))
            return (SourceNames.Of(type), For(type));
        foreach (FieldInfo field in TypeLayout.FieldsOf(type))
        {
            if (TypeLayout.Of(field.FieldType) != null || field.FieldType == type)
                continue;
            var (found, instead) = Culprit(field.FieldType);
            string place = SourceNames.IsCapture(type) ? "captured variable" : $"field of {SourceNames.Of(type)}";
            return ($"{found} (the {place} {string.Join(", ", SourceNames.Captured(field))})", instead);
        }

        return (SourceNames.Of(type), null);
    }

    // What stands in the way in a struct's own layout.
    static string? Layout(Type type)
    {
        if (!type.IsValueType || type.IsPrimitive || type.IsEnum || type.IsByRefLike || type.StructLayoutAttribute is not { } layout
            || type.IsExplicitLayout)
        {
            return null;
        }

        if (layout.Pack is not (0 or 8))
        {
            return $"leave Pack = {layout.Pack} out, so that each field lies at a multiple of its size; read packed bytes through a view "
                + "of bytes";
        }

        return layout.Size > 1 && type.IsLayoutSequential && !type.IsDefined(typeof(InlineArrayAttribute), false)
            && !type.IsDefined(typeof(UnsafeValueTypeAttribute), false)
            ? $"leave Size = {layout.Size} out, and add fields that fill the struct"
            : null;
    }
}
