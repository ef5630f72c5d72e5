using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Runs each launch as the PTX that ILGPU's own compiler makes of the kernel, in the interpreter, on the host's memory.</summary>
sealed unsafe class IlgpuPtxDevice : Device
{
    public IlgpuPtxDevice()
        : base("ilgpu-ptx", 1) =>
        Properties = TestDevices.Card;

    public override string Description => "ILGPU's PTX, interpreted";

    public override bool HasMatrixUnits => true;

    internal override void Run(Launch launch) =>
        IlgpuPtxKernel.Of(launch.Kernel.Method).Run(launch.Extent, launch.Config, launch.Arguments,
        KernelArguments.Ranges(launch.Arguments));

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    internal override void CopyOut(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    internal override void CopyWithin(nint source, nint target, long bytes) =>
        System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    internal override void ClearBytes(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing)
    {
    }
}
