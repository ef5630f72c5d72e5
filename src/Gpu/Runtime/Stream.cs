using System.Diagnostics;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Gpu.Runtime.Tracing;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// An ordered queue of launches and copies on one device, for one host thread at a time. The typed launches are in the other part of the class;
/// a launch allocates nothing once its kernel is compiled.
/// </summary>
public sealed partial class Stream
{
    readonly Launch next = new();

    Recording? recording;

    internal Stream(Device device) => Device = device;

    /// <summary>The device it belongs to.</summary>
    public Device Device { get; }

    /// <summary>Copies host memory to the device.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="InvalidOperationException">It is being recorded.</exception>
    public unsafe void Write<T>(ReadOnlySpan<T> source, ArrayView<T> target)
        where T : unmanaged
    {
        RequireEqual(source.Length, target.Length);
        RequireNoRecording();
        long start = Now();
        Device.CopyIn(MemoryMarshal.AsBytes(source), ViewAddress.Of(target));
        Report(StreamWork.Write, start, target.Length * sizeof(T));
    }

    /// <summary>Copies device memory to the host, after all work before it.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="InvalidOperationException">It is being recorded.</exception>
    public unsafe void Read<T>(ArrayView<T> source, Span<T> target)
        where T : unmanaged
    {
        RequireEqual(source.Length, target.Length);
        RequireNoRecording();
        long start = Now();
        Device.CopyOut(ViewAddress.Of(source), MemoryMarshal.AsBytes(target));
        Report(StreamWork.Read, start, source.Length * sizeof(T));
    }

    /// <summary>Copies within the device; the views do not overlap.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public unsafe void Copy<T>(ArrayView<T> source, ArrayView<T> target)
        where T : unmanaged
    {
        RequireEqual(source.Length, target.Length);
        CopyBytes(ViewAddress.Of(source), ViewAddress.Of(target), source.Length * sizeof(T));
    }

    /// <summary>Sets every byte of a view to zero.</summary>
    public unsafe void Clear<T>(ArrayView<T> target)
        where T : unmanaged => ClearBytes(ViewAddress.Of(target), target.Length * sizeof(T));

    /// <summary>Does some work and remembers it, to be done again with <see cref="Replay"/>. It has no copies from or to the host.</summary>
    /// <param name="work">Launches, copies within the device and clearings on this stream.</param>
    /// <exception cref="InvalidOperationException">It is being recorded already, or the work copies from or to the host.</exception>
    public Recording Record(Action work)
    {
        RequireNoRecording();
        Recording made = recording = Recording.Begin(Device);
        try
        {
            work();
        }
        finally
        {
            recording = null;
        }

        return made;
    }

    /// <summary>
    /// Calls the host when the work before is queued, which on a device that shares the host's memory means done: now, and again each time that a recording of it is
    /// replayed. Nothing that the call does itself is recorded. A recording with calls is replayed launch by launch on every device.
    /// </summary>
    public void Call(Action action)
    {
        Recording? outer = recording;
        outer?.AddCall(action);
        recording = null;
        try
        {
            action();
        }
        finally
        {
            recording = outer;
        }
    }

    /// <summary>Does recorded work again, with the arguments that it had.</summary>
    /// <exception cref="ArgumentException">It was recorded on another device.</exception>
    /// <exception cref="ObjectDisposedException">The recording was disposed.</exception>
    /// <exception cref="InvalidOperationException">It is being recorded.</exception>
    public void Replay(Recording recorded)
    {
        ObjectDisposedException.ThrowIf(recorded.IsDisposed, recorded);
        if (recorded.Device != Device)
            throw new ArgumentException($"a recording of {recorded.Device.Name} cannot be replayed on {Device.Name}");
        RequireNoRecording();
        if (recorded.HasCalls)
            recorded.Replay(this);
        else
            Device.Replay(recorded);
    }

    /// <summary>Waits until the device is done with everything before.</summary>
    public void Synchronize() => Device.Synchronize();

    Launch Begin(Delegate kernel, Index1D extent) => Begin(kernel, new Index3D(extent.X, 1, 1));

    Launch Begin(Delegate kernel, Index2D extent) => Begin(kernel, new Index3D(extent.X, extent.Y, 1));

    Launch Begin(Delegate kernel, Index3D extent)
    {
        RequireExtent(extent);
        return next.Begin(CompiledKernel.Of(kernel), extent, null);
    }

    Launch Begin(Delegate kernel, KernelConfig config)
    {
        RequireGroup(config);
        return next.Begin(CompiledKernel.Of(kernel), default, config);
    }

    internal static void RequireExtent(Index3D extent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Math.Min(extent.X, Math.Min(extent.Y, extent.Z)), nameof(extent));
        if ((long)extent.X * extent.Y * extent.Z > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(extent),
                $"a launch has at most 2^31 - 1 threads, not {extent.X} x {extent.Y} x {extent.Z}");
        }
    }

    internal static void RequireGroup(KernelConfig config)
    {
        Index3D grid = config.GridDim, group = config.GroupDim;
        if (Math.Min(group.X, Math.Min(group.Y, group.Z)) < 1 || (long)group.X * group.Y * group.Z > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(config),
                $"a group has between 1 and 1024 threads, not {group.X} x {group.Y} x {group.Z}");
        }

        if (Math.Min(grid.X, Math.Min(grid.Y, grid.Z)) < 0 || (Int128)grid.X * grid.Y * grid.Z > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(config),
                $"a grid has at most 2^31 - 1 groups and no negative extent, not {grid.X} x {grid.Y} x {grid.Z}");
        }
    }

    internal void Run(Launch launch)
    {
        if (launch.IsEmpty)
            return;
        recording?.Add(launch);
        long start = Now();
        Device.Began = start;
        if (Settings.Current.Debug >= 2)
            LaunchTrace.Run(Device, launch, Settings.Current.Debug);
        else
            Device.Run(launch);
        if (Device.Profiler is not { } profiler)
            return;
        Device.Synchronize();
        long end = Stopwatch.GetTimestamp();
        var (grid, group) = launch.Config is { } config ? (config.GridDim, config.GroupDim) : (launch.Extent, default);
        var (bytes, flops) = LaunchCosts.Of(launch);
        profiler.Done(new StreamRecord(StreamWork.Launch, launch.Kernel.Name, grid, group, bytes, start, end)
        {
            Began = Device.Began,
            Flops = flops
        });
    }

    // When profiled, each piece of work begins when the one before is done, so that its time is its own.
    long Now() => Device.Profiler == null ? 0 : Stopwatch.GetTimestamp();

    void Report(StreamWork kind, long start, long bytes)
    {
        if (Device.Profiler is not { } profiler)
            return;
        Device.Synchronize();
        profiler.Done(new StreamRecord(kind, null, default, default, bytes, start, Stopwatch.GetTimestamp()));
    }

    internal void CopyBytes(nint source, nint target, long bytes)
    {
        if (bytes == 0)
            return;
        recording?.AddCopy(source, target, bytes);
        long start = Now();
        Device.CopyWithin(source, target, bytes);
        Report(StreamWork.Copy, start, bytes);
    }

    internal void ClearBytes(nint target, long bytes)
    {
        recording?.AddClear(target, bytes);
        long start = Now();
        Device.ClearBytes(target, bytes);
        Report(StreamWork.Clear, start, bytes);
    }

    void RequireNoRecording()
    {
        if (recording != null)
        {
            throw new InvalidOperationException(
                "a recording has no copies from or to the host and no recording inside of it; write before it and read after it");
        }
    }

    static void RequireEqual(long source, long target)
    {
        if (source != target)
            throw new ArgumentException($"a copy needs equal lengths, not {source} and {target}");
    }
}
