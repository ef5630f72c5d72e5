namespace Dalle2.Gpu.Dialect;

/// <summary>Orders the running thread's accesses to memory: those before the fence come first for everybody that the fence is for.</summary>
public static class MemoryFence
{
    /// <summary>For the threads of the group.</summary>
    public static void GroupLevel() => Interlocked.MemoryBarrier();

    /// <summary>For the threads of the launch.</summary>
    public static void DeviceLevel() => Interlocked.MemoryBarrier();

    /// <summary>For other devices and the host too.</summary>
    public static void SystemLevel() => Interlocked.MemoryBarrier();
}
