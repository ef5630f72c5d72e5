
namespace Dalle2.Gpu.Runtime;

/// <summary>Is told of everything that a device's stream does, while it is the device's <see cref="Device.Profiler"/>.</summary>
public interface ILaunchProfiler
{
    /// <summary>A launch, copy or clearing is done. Called on the thread that asked for it; what it takes is not part of the times, and delays what follows.</summary>
    void Done(in StreamRecord record);
}

/// <summary>What a stream did, and when.</summary>
/// <param name="Kind">What.</param>
/// <param name="Kernel">Of a launch, the kernel as <c>Type.Method</c>; else null.</param>
/// <param name="Grid">Of an explicitly grouped launch, its groups along each axis; of another, its threads; else zero.</param>
/// <param name="Group">Of an explicitly grouped launch, the threads of a group along each axis; else zero.</param>
/// <param name="Bytes">Of a copy or clearing, the bytes written; of a launch, the extents of its views, each once: it may read some of it more often, or leave some of it alone.</param>
/// <param name="Start">When it was asked for, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="End">When the device was done with it, in the same ticks.</param>
public readonly record struct StreamRecord(StreamWork Kind, string? Kernel, Index3D Grid, Index3D Group, long Bytes, long Start, long End)
{
    /// <summary>When the device began with it, in the same ticks: what lies between <see cref="Start"/> and this is dispatch. Devices that do not tell give <see cref="Start"/>.</summary>
    public long Began { get; init; } = Start;

    /// <summary>Floating-point operations of a launch, where an argument of it tells them (<see cref="ILaunchCost"/>); else 0.</summary>
    public double Flops { get; init; }
}

/// <summary>The kinds of work of a stream.</summary>
public enum StreamWork
{
    /// <summary>A kernel runs.</summary>
    Launch,

    /// <summary>Host memory is copied to the device.</summary>
    Write,

    /// <summary>Device memory is copied to the host.</summary>
    Read,

    /// <summary>Device memory is copied within the device.</summary>
    Copy,

    /// <summary>Device memory is set to zero.</summary>
    Clear,
}
