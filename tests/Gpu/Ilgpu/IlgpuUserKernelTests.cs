using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime;
using Dalle2.IlgpuKernels;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Kernels as ILGPU's users write them, compiled by ILGPU in this project's context: their PTX writes what is expected.</summary>
public class IlgpuUserKernelTests
{
    // Its CPU accelerator, where .NET runs the method, and this project's compiler give what is expected.
    static readonly Dictionary<string, string> WrongInIlgpu = new()
    {
        ["Algebra.MonteCarlo"] = "an unsigned number divided by a power of two is shifted as a signed one",
        ["Algorithm.ScanBoundaries"] = "the right boundary of an exclusive scan has the last value in it",
        ["Index.Compare2D"] = "a choice of numbers of which some are 1 and 0 becomes one of true and false",
        ["Library.Signs"] = "CopySign takes its arguments in the other order",
        ["Math.CopySign"] = "CopySign takes its arguments in the other order",
        ["Math.Exact"] = "a number between -1 and 0 rounded up is 0, not -0",
        ["Math.Integer"] = "a negative number divided by a power of two rounds down",
        ["Math.Rounding"] = "1.5 rounded to even is 1",
        ["Number.Conversions"] = "a number converted to a byte by way of an integer saturates",
    };

    static readonly Dictionary<string, string> Refused = new()
    {
        ["Library.FusedMultiplyAdd"] = "there is no function",
        ["Library.Roots"] = "there is no function",
        ["Structure.AlignTo"] = "unknown instruction",
    };

    static IEnumerable<KernelCase> Cases =>
        KernelCases.All.Where(one => !WrongInIlgpu.ContainsKey(one.Name) && !Refused.ContainsKey(one.Name));

    static IEnumerable<TestCaseData> WrongCases =>
        WrongInIlgpu.Select(wrong => new TestCaseData(KernelCases.All.Single(one => one.Name == wrong.Key)).SetName(
        $"{{m}}({wrong.Key}: {wrong.Value})"));

    static IEnumerable<TestCaseData> RefusedCases =>
        Refused.Select(refused => new TestCaseData(KernelCases.All.Single(one => one.Name == refused.Key), refused.Value));

    [TestCaseSource(nameof(Cases))]
    public void Its_ptx_writes_what_is_expected(KernelCase kernelCase) => Assert.That(Run(kernelCase), Is.Empty);

    [TestCaseSource(nameof(WrongCases))]
    public void Its_ptx_is_wrong(KernelCase kernelCase) => Assert.That(Run(kernelCase), Is.Not.Empty);

    [TestCaseSource(nameof(RefusedCases))]
    public void Its_ptx_does_not_run(KernelCase kernelCase, string reason) =>
    Assert.That(() => Run(kernelCase), Throws.Exception.With.Message.Contains(reason));

    static string[] Run(KernelCase kernelCase)
    {
        using var host = new HostMemory();
        var memory = new LaunchMemory(host);
        object[] arguments = kernelCase.CreateArguments(memory);
        IlgpuPtxKernel.Of(kernelCase.Kernel).Run(Extent(kernelCase.Extent), kernelCase.Extent == null ? kernelCase.Config : null, arguments,
            host.Ranges);
        return [.. kernelCase.Mismatches(memory)];
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
