using System.Reflection;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Runs each launch as the PTX that ILGPU's own compiler makes of the kernel, in the interpreter, on the host's memory.</summary>
sealed unsafe class IlgpuPtxDevice() : Device("ilgpu-ptx", 1)
{
    static readonly Dictionary<MethodInfo, PtxProgram> Programs = [];

    public override string Description => "ILGPU's PTX, interpreted";

    public override int GroupThreads => 32;

    // In C#, which is what ILGPU compiles.
    public override bool HasMatrixUnits => true;

    internal override void Run(Launch launch)
    {
        MethodInfo kernel = launch.Kernel.Method;
        if (!Programs.TryGetValue(kernel, out PtxProgram? program))
            Programs.Add(kernel, program = new PtxProgram(IlgpuCompiler.Compile(kernel), isForeign: true));
        Index3D group = launch.Config?.GroupDim ?? ImplicitGroup(kernel);
        Index3D grid = launch.Config?.GridDim ?? Groups(launch.Extent, group);
        program.RunWithBytes(grid, group, Parameters(launch), KernelArguments.Ranges(launch.Arguments));
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    internal override void CopyOut(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    internal override void CopyWithin(nint source, nint target, long bytes) => System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    internal override void ClearBytes(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing)
    {
    }

    // More threads than the kernel asks for, along each axis that it has.
    static Index3D ImplicitGroup(MethodInfo kernel) => Axes(kernel) switch
    {
        1 => new Index3D(64, 1, 1),
        2 => new Index3D(8, 8, 1),
        _ => new Index3D(4, 4, 4),
    };

    static Index3D Groups(Index3D extent, Index3D group) =>
        new(IntrinsicMath.DivRoundUp(extent.X, group.X), IntrinsicMath.DivRoundUp(extent.Y, group.Y), IntrinsicMath.DivRoundUp(extent.Z, group.Z));

    static int Axes(MethodInfo kernel)
    {
        Type index = kernel.GetParameters()[0].ParameterType;
        return index == typeof(Index1D) ? 1 : index == typeof(Index2D) ? 2 : 3;
    }

    // ILGPU's order: the extent where threads are grouped by the launch, then the kernel's own parameters. Structs lie as in C#, a view is its address and its length.
    static byte[][] Parameters(Launch launch)
    {
        var parameters = new List<byte[]>();
        ParameterInfo[] declared = launch.Kernel.Method.GetParameters();
        if (launch.Config == null)
        {
            int[] extent = [launch.Extent.X, launch.Extent.Y, launch.Extent.Z];
            parameters.Add(MemoryMarshal.AsBytes(extent.AsSpan(0, Axes(launch.Kernel.Method))).ToArray());
            declared = declared[1..];
        }

        int next = 0;
        foreach (ParameterInfo parameter in declared)
        {
            TypeLayout layout = TypeLayout.Of(parameter.ParameterType)!;
            // A flag is passed as an integer.
            var bytes = new byte[parameter.ParameterType == typeof(bool) ? sizeof(int) : layout.Size];
            foreach (Leaf leaf in layout.Leaves)
                BitConverter.GetBytes(launch.Parameters[next++]).AsSpan(0, leaf.Memory.Bytes()).CopyTo(bytes.AsSpan(leaf.Offset));
            parameters.Add(bytes);
        }

        return [.. parameters];
    }
}
