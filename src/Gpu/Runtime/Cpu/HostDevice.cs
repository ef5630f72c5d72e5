using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>A device whose memory is the host's. Which worker runs which threads of a launch never changes a bit.</summary>
abstract unsafe class HostDevice(string name, int threads) : Device(name, threads)
{
    public override bool SharesHostMemory => true;

    internal override void Run(Launch launch)
    {
        try
        {
            RunKernel(launch);
        }
        catch (Exception e) when (e is not (KernelException or Frontend.KernelDiagnosticException))
        {
            throw new KernelException($"{launch.Kernel.Name}, launched over {launch.Shape}: {e.Message}", e);
        }
    }

    private protected abstract void RunKernel(Launch launch);

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    internal override void CopyOut(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    internal override void CopyWithin(nint source, nint target, long bytes) =>
        System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    internal override void ClearBytes(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    private protected override nint Reserve(long bytes)
    {
        try
        {
            return HostMemory.Allocate(bytes);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private protected override void Release(nint address) => HostMemory.Free(address);
}
