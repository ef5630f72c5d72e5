namespace Dalle2.Gpu.Runtime.Cuda;

/// <content>Memory of the card, copies to, from and within it, and clearing.</content>
sealed unsafe partial class CudaDevice
{
    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
        if (source.IsEmpty)
            return;
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("written to");
            transfers.ToDevice(source, target);
        }
    }

    internal override void CopyOut(nint source, Span<byte> target)
    {
        if (target.IsEmpty)
            return;
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("read from");
            transfers.FromDevice(source, target);
            recent.Clear();
        }
    }

    internal override void CopyWithin(nint source, nint target, long bytes)
    {
        if (bytes == 0)
            return;
        lock (gate)
        {
            Enter();
            Require(api.MemcpyDtoDAsync(target, source, (nuint)bytes, stream), $"copying {bytes} bytes on the device");
        }
    }

    internal override void ClearBytes(nint target, long bytes)
    {
        if (bytes == 0)
            return;
        lock (gate)
        {
            Enter();
            Require(api.MemsetD8Async(target, 0, (nuint)bytes, stream), $"clearing {bytes} bytes");
        }
    }

    private protected override nint Reserve(long bytes)
    {
        if (bytes > hardware.GlobalBytes)
            return 0;
        lock (gate)
        {
            Enter();
            nint address = memory.Allocate(bytes, out int code);
            if (code != CudaStatus.OutOfMemory)
                Require(code, $"allocating {bytes} bytes");
            return address;
        }
    }

    private protected override void Release(nint address)
    {
        lock (gate)
        {
            if (disposed || lost != null)
                return;
            api.CtxSetCurrent(context);
            memory.Free(address);
        }
    }
}
