using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>
/// Runs kernels as the .NET methods they are: <c>reference</c> on the calling thread, <c>cpu</c> spread over a worker pool.
/// Each thread index is run exactly once by one host thread, so the number of workers never changes a bit.
/// </summary>
unsafe class HostDevice(string name, int threads) : Device(name, threads)
{
    // Chunks per worker: enough to even out unequal work, few enough to keep the dispatch cheap.
    const int ChunksPerThread = 4;

    private protected WorkerPool Pool { get; } = new(threads);
    readonly ConcurrentBag<ThreadTeam> teams = [];

    public override string Description => Name == "reference"
        ? "the kernels' own .NET methods, one thread, every access checked"
        : $"the kernels' own .NET methods on {Threads} thread{(Threads == 1 ? "" : "s")}";

    internal override void Run(Launch launch)
    {
        try
        {
            RunKernel(launch);
        }
        catch (Exception e) when (e is not KernelException)
        {
            throw new KernelException($"{launch.Kernel.Name}, launched over {launch.Shape}: {e.Message}", e);
        }
    }

    private protected virtual void RunKernel(Launch launch)
    {
        if (launch.Config is { } config)
            RunGroups(launch, config);
        else
            Spread(launch.Extent.Size, (start, end) => launch.Kernel.Loop(launch.Arguments, launch.Extent, start, end));
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    internal override void CopyOut(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    internal override void CopyWithin(nint source, nint target, long bytes) => System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    internal override void ClearBytes(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    private protected override nint Reserve(long bytes)
    {
        try
        {
            return (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing)
    {
        Pool.Dispose();
        foreach (ThreadTeam team in teams)
            team.Dispose();
    }

    void Spread(int count, Action<int, int> body)
    {
        int chunks = Threads == 1 ? 1 : Math.Min(count, Threads * ChunksPerThread);
        Pool.Run(chunks, chunk => body((int)((long)count * chunk / chunks), (int)((long)count * (chunk + 1) / chunks)));
    }

    void RunGroups(Launch launch, KernelConfig config) => Spread(config.GridDim.Size, (start, end) =>
    {
        ThreadTeam? team = !launch.Kernel.UsesGroupMemory ? null : teams.TryTake(out ThreadTeam? free) ? free : new ThreadTeam();
        try
        {
            for (int group = start; group < end; group++)
                RunGroup(launch, config, group, team);
        }
        finally
        {
            if (team != null)
                teams.Add(team);
        }
    });

    static void RunGroup(Launch launch, KernelConfig config, int group, ThreadTeam? team)
    {
        int size = config.GroupDim.Size;
        if (team == null)
        {
            KernelThread.EnterGroup(config, group, null);
            launch.Kernel.Loop(launch.Arguments, default, 0, size);
            return;
        }

        using var state = new GroupState(team, size);
        try
        {
            team.Run(size, thread =>
            {
                KernelThread.EnterGroup(config, group, state);
                launch.Kernel.Loop(launch.Arguments, default, thread, thread + 1);
            });
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"group {group}: {e.Message}", e.InnerException);
        }
        finally
        {
            KernelThread.LeaveGroup();
        }
    }
}
