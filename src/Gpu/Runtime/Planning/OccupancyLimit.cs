namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>What keeps a multiprocessor from holding another group.</summary>
public enum OccupancyLimit
{
    /// <summary>It holds as many warps as it can: none is better.</summary>
    Warps,

    /// <summary>Registers.</summary>
    Registers,

    /// <summary>Shared memory.</summary>
    SharedMemory,

    /// <summary>It holds as many groups as it can, which are too small.</summary>
    Groups,
}
