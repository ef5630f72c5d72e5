namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>Memory that one worker uses for shared and local arrays, waiting vectors and lanes; grows to what was ever asked for.</summary>
sealed unsafe class WorkerMemory
{
    [ThreadStatic]
    static WorkerMemory? current;

    byte* start;
    long size;

    ~WorkerMemory() => HostMemory.Free((nint)start);

    /// <summary>The calling thread's memory, of at least so many bytes, aligned to 64.</summary>
    public static byte* Get(long bytes)
    {
        current ??= new WorkerMemory();
        if (current.size < bytes)
        {
            HostMemory.Free((nint)current.start);
            current.start = null;
            current.size = 0;
            current.start = (byte*)HostMemory.Allocate(bytes);
            current.size = bytes;
        }

        return current.start;
    }
}
