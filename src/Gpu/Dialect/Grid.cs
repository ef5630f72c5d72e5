using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Dialect;

/// <summary>The grid of groups that the running thread belongs to. Only in explicitly grouped kernels.</summary>
public static class Grid
{
    /// <summary>The group's index along X.</summary>
    public static int IdxX => KernelThread.GridIndex.X;

    /// <summary>The group's index along Y.</summary>
    public static int IdxY => KernelThread.GridIndex.Y;

    /// <summary>The group's index along Z.</summary>
    public static int IdxZ => KernelThread.GridIndex.Z;

    /// <summary>Groups along X.</summary>
    public static int DimX => KernelThread.Config.GridDim.X;

    /// <summary>Groups along Y.</summary>
    public static int DimY => KernelThread.Config.GridDim.Y;

    /// <summary>Groups along Z.</summary>
    public static int DimZ => KernelThread.Config.GridDim.Z;

    /// <summary>The thread's index in the whole grid.</summary>
    public static Index3D GlobalIndex => new(
        IdxX * Group.DimX + Group.IdxX,
        IdxY * Group.DimY + Group.IdxY,
        IdxZ * Group.DimZ + Group.IdxZ);
}
