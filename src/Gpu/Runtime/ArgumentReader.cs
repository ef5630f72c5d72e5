using System.Reflection;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime;

/// <summary>Puts arguments together again from the parameters of the compiled function.</summary>
static unsafe class ArgumentReader
{
    /// <summary>The argument that parameters are of, boxed.</summary>
    /// <param name="type">The argument's type.</param>
    /// <param name="source">The next parameter; moves on.</param>
    /// <param name="views">What memory the views are of; null for that at their addresses.</param>
    public static object Read(Type type, ref ulong* source, IViewSource? views = null)
    {
        if (TypeLayout.IsView(type))
        {
            MethodInfo view = typeof(ArgumentReader).GetMethod(nameof(View),
                BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type.GetGenericArguments());
            source += 2;
            return view.Invoke(null, [(nint)source[-2], (long)source[-1], views])!;
        }

        object argument = RuntimeHelpers.GetUninitializedObject(type);
        if (TypeLayout.Of(type) is { Leaves: [{ Name: "" } leaf] })
        {
            // A primitive or an enumeration lies in its box as in memory.
            fixed (byte* data = &Unsafe.As<Boxed>(argument).First)
                System.Buffer.MemoryCopy(source++, data, 8, leaf.Memory.Bytes());
            return argument;
        }

        foreach (FieldInfo field in TypeLayout.FieldsOf(type))
            field.SetValue(argument, Read(field.FieldType, ref source, views));
        return argument;
    }

    static ArrayView<T> View<T>(nint address, long length, IViewSource? views)
        where T : unmanaged => views == null ? ViewAddress.View<T>(address, length) : views.View<T>(address, length);

    // Where a boxed value begins.
    sealed class Boxed
    {
        public byte First;
    }
}
