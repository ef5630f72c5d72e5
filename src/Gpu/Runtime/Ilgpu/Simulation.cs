using System.Collections.Concurrent;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// One of ILGPU's CPU accelerators, for groups of one size. It runs one kernel, which calls the launched one, so that an exception is caught there: on a thread of ILGPU's own it
/// would end the process. The host waits elsewhere, since ILGPU would have it wait for ever for threads that never meet.
/// </summary>
sealed class Simulation : IDisposable
{
    const int WarpSize = 32, MostThreads = 1024;

    // How long all threads inside of the kernel have to be waiting, without a change, to wait for ever: after one failed, and where none did.
    const int PollMilliseconds = 100, PollsAfterFailure = 10, Polls = 50;

    static readonly ConcurrentDictionary<int, Simulation> Running = new();
    static int last;

    readonly int id = Interlocked.Increment(ref last);
    readonly ConcurrentBag<KernelThreadState> threads = [];
    readonly SemaphoreSlim begin = new(0), end = new(0);
    readonly CPUAccelerator accelerator;
    readonly Kernel kernel;
    KernelConfig config;
    GuardedLaunch? current;
    Exception? failure;
    long seen;
    bool disposed;

    /// <param name="context">ILGPU's context.</param>
    /// <param name="size">The threads of a group.</param>
    /// <param name="atOnce">How many groups run at once.</param>
    public Simulation(Context context, int size, int atOnce)
    {
        AssertListener.Install();
        accelerator = Describe(size, atOnce).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);
        kernel = accelerator.LoadKernel(typeof(EntryKernel).GetMethod(nameof(EntryKernel.Run))!);
        Running.TryAdd(id, this);
        new Thread(LaunchInTurn) { IsBackground = true, Name = $"ilgpu:cpu, groups of {size}" }.Start();
    }

    /// <summary>Whether its threads wait for each other for ever, so that it can never be used again.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>A processor for groups of so many threads. With more than one warp, ILGPU starts no more of them than a launch needs.</summary>
    public static CPUDevice Describe(int size, int atOnce)
    {
        int warps = 2;
        while (warps * WarpSize < Math.Min(size, MostThreads))
            warps *= 2;
        return new CPUDevice(WarpSize, warps, atOnce);
    }

    /// <summary>Runs a launch.</summary>
    /// <exception cref="InvalidOperationException">A thread of it failed, or its threads wait for each other for ever.</exception>
    public void Run(Launch launch, KernelConfig shape)
    {
        var guarded = new GuardedLaunch(launch);
        (config, current, failure) = (shape, guarded, null);
        begin.Release();
        for (int waiting = 0; !end.Wait(PollMilliseconds);)
        {
            waiting = AllWait() ? waiting + 1 : 0;
            if (waiting < (guarded.Failure == null ? Polls : PollsAfterFailure))
                continue;
            IsStuck = true;
            Running.TryRemove(id, out _);
            throw guarded.Failure ?? new InvalidOperationException(
                "the threads of a group wait at different barriers or shuffles, or some do not come");
        }

        if ((guarded.Failure ?? failure) is { } thrown)
            throw thrown;
    }

    /// <summary>One thread of the launch that is under way.</summary>
    public static void RunThread(int simulation)
    {
        if (!Running.TryGetValue(simulation, out Simulation? running) || running.current is not { } launch)
            return;
        KernelThreadState state = KernelThreadState.Current;
        if (state.Simulation != simulation)
        {
            state.Simulation = simulation;
            running.threads.Add(state);
        }

        launch.RunThread(state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        Running.TryRemove(id, out _);
        begin.Release();
        if (!IsStuck)
            accelerator.Dispose();
    }

    void LaunchInTurn()
    {
        while (true)
        {
            begin.Wait();
            if (disposed)
                return;
            try
            {
                kernel.Launch(accelerator.DefaultStream, config, id);
            }
            catch (Exception e)
            {
                failure = e.InnerException ?? e;
            }

            end.Release();
        }
    }

    // Whether threads are inside of the kernel, and none of them has moved since the last time or can go on by itself.
    bool AllWait()
    {
        KernelThreadState[] inside = [.. threads.Where(thread => thread.IsInside)];
        long turns = threads.Sum(thread => (long)thread.Turns);
        bool hasMoved = turns != seen;
        seen = turns;
        return !hasMoved && inside.Length > 0 && Array.TrueForAll(inside,
            thread => (thread.Thread.ThreadState & ThreadState.WaitSleepJoin) != 0);
    }
}
