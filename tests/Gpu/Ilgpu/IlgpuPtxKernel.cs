using System.Reflection;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Targets.Ilgpu;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>A kernel as the PTX that ILGPU's own compiler makes of it, which the interpreter runs.</summary>
sealed class IlgpuPtxKernel
{
    static readonly Dictionary<MethodInfo, IlgpuPtxKernel> Known = [];

    readonly ParameterInfo[] parameters;
    readonly PtxProgram program;

    // Of an implicitly grouped kernel, the axes of its index; else 0.
    readonly int axes;

    IlgpuPtxKernel(MethodInfo method)
    {
        parameters = method.GetParameters();
        Type? first = parameters.FirstOrDefault()?.ParameterType;
        axes = first == typeof(Index1D) ? 1 : first == typeof(Index2D) ? 2 : first == typeof(Index3D) ? 3 : 0;
        Text = IlgpuText.Ptx(method);
        program = new PtxProgram(Text, isForeign: true);
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The entry's name.</summary>
    public string Entry => program.Entry;

    /// <summary>The kernel of a method, closed if it is generic; compiled once.</summary>
    public static IlgpuPtxKernel Of(MethodInfo method)
    {
        if (!Known.TryGetValue(method, out IlgpuPtxKernel? kernel))
            Known.Add(method, kernel = new IlgpuPtxKernel(method));
        return kernel;
    }

    /// <summary>Runs all threads.</summary>
    /// <param name="extent">Of an implicitly grouped kernel, the threads along each axis.</param>
    /// <param name="config">Of an explicitly grouped kernel, its groups.</param>
    /// <param name="arguments">The arguments without the index.</param>
    /// <param name="ranges">The memory that may be touched.</param>
    public void Run(Index3D extent, KernelConfig? config, object[] arguments, IReadOnlyList<(long Start, long End)> ranges)
    {
        // More threads than there is work for, along each axis.
        Index3D group = config?.GroupDim ?? (axes == 1 ? new Index3D(64, 1, 1) : axes == 2 ? new Index3D(8, 8, 1) : new Index3D(4, 4, 4));
        Index3D grid = config?.GridDim ?? new Index3D(
            IntrinsicMath.DivRoundUp(extent.X, group.X), IntrinsicMath.DivRoundUp(extent.Y, group.Y),
            IntrinsicMath.DivRoundUp(extent.Z, group.Z));
        int dynamicBytes = config is { SharedMemoryConfig: { UsesDynamicSharedMemory: true } dynamic } ? dynamic.ArraySize : 0;
        program.RunWithBytes(grid, group, [.. Extent(extent),
            .. arguments.Select((argument, a) => Bytes(argument, parameters[^(arguments.Length - a)].ParameterType))], ranges,
            dynamicBytes);
    }

    // Where the launch groups the threads, it says how many there are, before all arguments.
    byte[][] Extent(Index3D extent)
    {
        int[] along = [extent.X, extent.Y, extent.Z];
        return axes == 0 ? [] : [MemoryMarshal.AsBytes(along.AsSpan(0, axes)).ToArray()];
    }

    // Structs lie as in C#; a view is its address and its length.
    static byte[] Bytes(object argument, Type type)
    {
        var words = new ArgumentBlock();
        ArgumentWriter.Write(argument, words);
        TypeLayout layout = TypeLayout.Of(type)!;
        // A flag is passed as an integer.
        var bytes = new byte[type == typeof(bool) ? sizeof(int) : layout.Size];
        foreach (var (leaf, word) in layout.Leaves.Zip(words.Words.ToArray()))
            BitConverter.GetBytes(word).AsSpan(0, leaf.Memory.Bytes()).CopyTo(bytes.AsSpan(leaf.Offset));
        return bytes;
    }
}
