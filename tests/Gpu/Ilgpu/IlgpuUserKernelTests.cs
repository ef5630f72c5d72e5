using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime;
using Dalle2.IlgpuKernels;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Kernels as ILGPU's users write them, compiled by ILGPU in this project's context: their PTX writes what is expected.</summary>
public class IlgpuUserKernelTests
{
    static readonly IReadOnlyList<KernelCase> Cases = KernelCases.All;

    [TestCaseSource(nameof(Cases))]
    public void Its_ptx_writes_what_is_expected(KernelCase kernelCase)
    {
        using var host = new HostMemory();
        var memory = new LaunchMemory(host);
        object[] arguments = kernelCase.CreateArguments(memory);
        IlgpuPtxKernel.Of(kernelCase.Kernel).Run(Extent(kernelCase.Extent), kernelCase.Extent == null ? kernelCase.Config : null, arguments, host.Ranges);
        Assert.That(kernelCase.Mismatches(memory), Is.Empty);
    }

    static Index3D Extent(object? extent) => extent switch
    {
        Index1D index => new Index3D(index.X, 1, 1),
        Index2D index => new Index3D(index.X, index.Y, 1),
        Index3D index => index,
        _ => new Index3D(1, 1, 1),
    };

    sealed unsafe class HostMemory : IViewFactory, IDisposable
    {
        public List<(long Start, long End)> Ranges { get; } = [];

        public ArrayView<T> Create<T>(T[] contents)
            where T : unmanaged
        {
            var bytes = (nuint)(contents.Length * sizeof(T));
            var start = (nint)NativeMemory.AlignedAlloc(Math.Max(1, bytes), 64);
            Ranges.Add((start, start + (long)bytes));
            contents.CopyTo(new Span<T>((void*)start, contents.Length));
            return ViewAddress.View<T>(start, contents.Length);
        }

        public T[] Read<T>(ArrayView<T> view)
            where T : unmanaged => new Span<T>((void*)ViewAddress.Of(view), (int)view.Length).ToArray();

        public void Dispose() => Ranges.ForEach(range => NativeMemory.AlignedFree((void*)range.Start));
    }
}
