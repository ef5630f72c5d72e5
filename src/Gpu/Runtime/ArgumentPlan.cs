using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime;

/// <summary>Takes a launch's arguments apart into the parameters of the compiled function, 8 bytes each.</summary>
static unsafe class ArgumentPlan
{
    /// <summary>How many parameters the arguments are.</summary>
    public static int Count(object[] arguments)
    {
        int count = 0;
        foreach (object argument in arguments)
            count += LayoutOf(argument).Leaves.Length;
        return count;
    }

    /// <summary>Writes the parameters; there is room for <see cref="Count"/> of them.</summary>
    public static void Write(object[] arguments, ulong* target)
    {
        foreach (object argument in arguments)
        {
            fixed (byte* data = &Unsafe.As<Boxed>(argument).First)
            {
                foreach (Leaf leaf in LayoutOf(argument).Leaves)
                    *target++ = Read(data + leaf.Offset, leaf.Memory);
            }
        }
    }

    static TypeLayout LayoutOf(object argument) => TypeLayout.Of(argument.GetType())
        ?? throw new KernelException($"a kernel cannot take an argument of type {argument.GetType().Name}");

    // Where a boxed value begins.
    sealed class Boxed
    {
        public byte First;
    }

    static ulong Read(byte* at, MemoryType type) => type switch
    {
        MemoryType.I8 => (uint)*(sbyte*)at,
        MemoryType.U8 => *at,
        MemoryType.I16 => (uint)*(short*)at,
        MemoryType.U16 => *(ushort*)at,
        MemoryType.I32 or MemoryType.F32 => *(uint*)at,
        _ => *(ulong*)at,
    };
}
