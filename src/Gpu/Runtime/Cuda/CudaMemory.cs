namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// Memory of a card. Taken from the driver's pool where it has one, in the order of the stream, so that memory freed there can be taken again at once;
/// else from lists of our own by size, which is as good, since all work is in one stream. While a graph is recorded nothing of this may enter it: memory is taken
/// from the driver directly, and what is freed is freed when the recording ends. Not safe for several threads; the device has a lock.
/// </summary>
sealed unsafe class CudaMemory
{
    const int ReleaseThreshold = 4;

    // Sizes that are told apart by less are one list.
    const long SmallUnit = 512, LargeUnit = 2 << 20;

    readonly CudaApi api;
    readonly nint stream;
    readonly nint pool;
    readonly Dictionary<nint, (long Bytes, bool Pooled)> taken = [];
    readonly Dictionary<long, Stack<nint>> idle = [];
    readonly List<nint> waiting = [];

    public CudaMemory(CudaApi api, CudaHardware hardware, nint stream)
    {
        this.api = api;
        this.stream = stream;
        nint found;
        if (!hardware.HasPools || api.DeviceGetDefaultMemPool(&found, hardware.Id) != CudaStatus.Success)
            return;
        // The pool keeps what was freed instead of giving it back at the next wait.
        ulong all = ulong.MaxValue;
        if (api.MemPoolSetAttribute(found, ReleaseThreshold, &all) == CudaStatus.Success)
            pool = found;
    }

    /// <summary>Whether the driver's pool is used.</summary>
    public bool HasPool => pool != 0;

    /// <summary>Whether a graph is being recorded.</summary>
    public bool IsRecording { get; private set; }

    /// <summary>From here on, until <see cref="EndRecording"/>, the stream only notes what it is given.</summary>
    public void BeginRecording() => IsRecording = true;

    public void EndRecording()
    {
        IsRecording = false;
        foreach (nint address in waiting)
            Free(address);
        waiting.Clear();
    }

    /// <summary>Memory of at least so many bytes; the address is 0 and the code tells why if there is none.</summary>
    public nint Allocate(long bytes, out int code)
    {
        long size = Rounded(bytes);
        if (!IsRecording && !HasPool && idle.TryGetValue(size, out Stack<nint>? list) && list.TryPop(out nint known))
        {
            taken.Add(known, (size, false));
            code = CudaStatus.Success;
            return known;
        }

        code = Take(size, out nint address);
        if (code == CudaStatus.OutOfMemory && !IsRecording)
        {
            Trim();
            code = Take(size, out address);
        }

        return code == CudaStatus.Success ? address : 0;
    }

    /// <summary>Gives memory back, after all work before it.</summary>
    public void Free(nint address)
    {
        if (!taken.TryGetValue(address, out var block))
            return;
        if (IsRecording)
        {
            waiting.Add(address);
            return;
        }

        taken.Remove(address);
        if (block.Pooled)
        {
            api.MemFreeAsync(address, stream);
            return;
        }

        if (!idle.TryGetValue(block.Bytes, out Stack<nint>? list))
            idle.Add(block.Bytes, list = []);
        list.Push(address);
    }

    /// <summary>Gives everything back to the driver.</summary>
    public void Dispose()
    {
        foreach (var (address, block) in taken)
        {
            if (block.Pooled)
                api.MemFreeAsync(address, stream);
            else
                api.MemFree(address);
        }

        taken.Clear();
        Trim();
    }

    /// <summary>Waits, and gives back to the driver what is not in use.</summary>
    public void Trim()
    {
        api.StreamSynchronize(stream);
        if (HasPool)
            api.MemPoolTrimTo(pool, 0);
        foreach (nint address in idle.Values.SelectMany(list => list))
            api.MemFree(address);
        idle.Clear();
    }

    int Take(long size, out nint address)
    {
        bool pooled = HasPool && !IsRecording;
        nint got = 0;
        int code = pooled ? api.MemAllocAsync(&got, (nuint)size, stream) : api.MemAlloc(&got, (nuint)size);
        if (code == CudaStatus.Success)
            taken.Add(got, (size, pooled));
        address = got;
        return code;
    }

    static long Rounded(long bytes)
    {
        long unit = bytes < LargeUnit ? SmallUnit : LargeUnit;
        return (bytes + unit - 1) / unit * unit;
    }
}
