namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>What a stream was given while it was recorded, to be run again at the price of one launch. It uses the memory that it was recorded with, which must still be there.</summary>
sealed class CudaGraph : IDisposable
{
    readonly CudaDevice device;
    nint executable;

    public CudaGraph(CudaDevice device, nint executable, int launches)
    {
        this.device = device;
        this.executable = executable;
        Launches = launches;
    }

    /// <summary>How many launches it holds.</summary>
    public int Launches { get; }

    /// <summary>Runs it after everything before, and returns at once.</summary>
    public void Replay()
    {
        ObjectDisposedException.ThrowIf(executable == 0, this);
        device.Replay(executable, Launches);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // Of a recording that nobody holds any more.
    ~CudaGraph() => Free();

    void Free()
    {
        if (executable == 0)
            return;
        device.Discard(executable);
        executable = 0;
    }
}
