using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Dialect;

/// <summary>The group that the running thread belongs to. Only in explicitly grouped kernels.</summary>
public static class Group
{
    /// <summary>The thread's index in its group along X.</summary>
    public static int IdxX => KernelThread.GroupIndex.X;

    /// <summary>The thread's index in its group along Y.</summary>
    public static int IdxY => KernelThread.GroupIndex.Y;

    /// <summary>The thread's index in its group along Z.</summary>
    public static int IdxZ => KernelThread.GroupIndex.Z;

    /// <summary>Threads of the group along X.</summary>
    public static int DimX => KernelThread.Config.GroupDim.X;

    /// <summary>Threads of the group along Y.</summary>
    public static int DimY => KernelThread.Config.GroupDim.Y;

    /// <summary>Threads of the group along Z.</summary>
    public static int DimZ => KernelThread.Config.GroupDim.Z;

    /// <summary>The thread's index in its group, X fastest.</summary>
    public static int LinearIndex => (IdxZ * DimY + IdxY) * DimX + IdxX;

    /// <summary>True for the first thread of the group.</summary>
    public static bool IsFirstThread => LinearIndex == 0;

    /// <summary>True for the last thread of the group.</summary>
    public static bool IsLastThread => LinearIndex == KernelThread.Config.GroupDim.Size - 1;

    /// <summary>Waits until every thread of the group is here; all must come by.</summary>
    public static void Barrier() => KernelThread.Barrier();
}
