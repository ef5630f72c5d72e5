namespace Dalle2.Gpu.Runtime;

/// <summary>What a device is, as far as launchers plan by it: how a launch is cut into groups. No bit of a result may depend on it, but for what <see cref="Precision"/> allows.</summary>
/// <remarks>From the driver where it tells; where it does not, the least that devices of the kind have.</remarks>
public sealed record HardwareProperties
{
    /// <summary>Multiprocessors of a card, compute units, or host threads: so many groups run side by side at least.</summary>
    public required int Processors { get; init; }

    /// <summary>Threads that run in step: a warp, a wavefront, or the lanes of a vector unit. A group of fewer leaves some idle.</summary>
    public required int Width { get; init; }

    /// <summary>Threads that a processor holds at once, to work on some while others wait for memory. A host's processor holds one vector.</summary>
    public required int ThreadsPerProcessor { get; init; }

    /// <summary>The most threads of a group.</summary>
    public int MaxGroupThreads { get; init; } = 1024;

    /// <summary>Bytes of shared memory that a group may have.</summary>
    public int SharedBytesPerGroup { get; init; } = 48 << 10;

    /// <summary>Bytes of shared memory that the groups of a processor have together.</summary>
    public int SharedBytesPerProcessor { get; init; } = 48 << 10;

    /// <summary>32-bit registers that the threads of a processor have together; 0 if the driver does not tell.</summary>
    public int RegistersPerProcessor { get; init; }

    /// <summary>Bytes of device memory that an op may take to hand values from one of its launches to the next, at most: more goes piece by piece.</summary>
    public int HandoverBytes { get; init; } = 256 << 20;

    /// <summary>Whether memory is waited for by holding many threads, as cards do, and so wants groups of several vectors; a host has caches instead, and groups of one.</summary>
    public bool HoldsManyThreads => ThreadsPerProcessor > Width;
}
