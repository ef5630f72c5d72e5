using System.Runtime.CompilerServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;

namespace Dalle2.Gpu.Runtime;

/// <summary>Takes arguments apart into the parameters of the compiled function, 8 bytes each, and puts them together again.</summary>
static unsafe class ArgumentPlan
{
    /// <summary>Adds the parameters of a boxed argument.</summary>
    public static void Write(object argument, ArgumentBlock target)
    {
        Leaf[] leaves = LeavesOf(argument.GetType());
        fixed (byte* data = &Unsafe.As<Boxed>(argument).First)
            Write(data, leaves, target.Take(leaves.Length));
    }

    /// <summary>Writes the parameters of an argument that lies at <paramref name="data"/>.</summary>
    public static void Write(byte* data, Leaf[] leaves, ulong* target)
    {
        foreach (Leaf leaf in leaves)
        {
            byte* at = data + leaf.Offset;
            *target++ = leaf.Memory switch
            {
                MemoryType.I8 => (uint)*(sbyte*)at,
                MemoryType.U8 => *at,
                MemoryType.I16 => (uint)*(short*)at,
                MemoryType.U16 => *(ushort*)at,
                MemoryType.I32 or MemoryType.F32 => *(uint*)at,
                _ => *(ulong*)at,
            };
        }
    }

    /// <summary>The argument that parameters are of, boxed.</summary>
    public static object Read(Type type, ref ulong* source)
    {
        object argument = RuntimeHelpers.GetUninitializedObject(type);
        fixed (byte* data = &Unsafe.As<Boxed>(argument).First)
        {
            foreach (Leaf leaf in LeavesOf(type))
                System.Buffer.MemoryCopy(source++, data + leaf.Offset, 8, leaf.Memory.Bytes());
        }

        return argument;
    }

    /// <summary>The error of a type that kernels cannot take.</summary>
    public static KernelException Unfit(Type type) => new($"a kernel cannot take an argument of type {type.Name}");

    static Leaf[] LeavesOf(Type type) => TypeLayout.Of(type)?.Leaves ?? throw Unfit(type);

    // Where a boxed value begins.
    sealed class Boxed
    {
        public byte First;
    }
}
