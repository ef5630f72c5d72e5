namespace Dalle2.Gpu.Dialect;

/// <summary>The launch shape of an explicitly grouped kernel: how many groups, and how many threads in each.</summary>
/// <param name="GridDim">Groups along X, Y and Z.</param>
/// <param name="GroupDim">Threads of a group along X, Y and Z; at most 1,024 in all.</param>
public readonly record struct KernelConfig(Index3D GridDim, Index3D GroupDim)
{
    /// <summary>One-dimensional groups in a one-dimensional grid.</summary>
    public KernelConfig(Index1D gridDim, Index1D groupDim)
        : this(new Index3D(gridDim, 1, 1), new Index3D(groupDim, 1, 1))
    {
    }

    /// <summary>Two-dimensional groups in a two-dimensional grid.</summary>
    public KernelConfig(Index2D gridDim, Index2D groupDim)
        : this(new Index3D(gridDim.X, gridDim.Y, 1), new Index3D(groupDim.X, groupDim.Y, 1))
    {
    }

    /// <summary>A pair (groups, threads of a group) as a launch shape.</summary>
    public static implicit operator KernelConfig((int GridDim, int GroupDim) config) => new((Index1D)config.GridDim, config.GroupDim);
}
