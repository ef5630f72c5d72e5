using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>The meeting places and the shared memory of one running group.</summary>
sealed unsafe class GroupState : IDisposable
{
    const int WarpSize = 32;

    readonly ThreadTeam team;
    readonly ThreadTeam.MeetingPlace all;
    readonly ThreadTeam.MeetingPlace[] warps;
    readonly object?[][] exchanged;
    readonly List<(nint Address, long Bytes)> shared = [];
    nint dynamic;

    public GroupState(ThreadTeam team, int threads)
    {
        this.team = team;
        all = new ThreadTeam.MeetingPlace(threads);
        warps = new ThreadTeam.MeetingPlace[(threads + WarpSize - 1) / WarpSize];
        for (int w = 0; w < warps.Length; w++)
            warps[w] = new ThreadTeam.MeetingPlace(Math.Min(WarpSize, threads - w * WarpSize));
        exchanged = [new object?[threads], new object?[threads]];
    }

    public void Wait() => team.Meet(all);

    public void WaitForWarp(int thread) => team.Meet(warps[thread / WarpSize]);

    /// <summary>The value that the thread of a lane of the same warp gives; the thread's own if there is no such thread.</summary>
    /// <param name="thread">The running thread.</param>
    /// <param name="count">Shuffles that it has passed: a thread may be one ahead of another, so that two places a thread are enough.</param>
    /// <param name="value">Its value.</param>
    /// <param name="lane">The lane to take a value from.</param>
    public T Shuffle<T>(int thread, int count, T value, int lane)
        where T : unmanaged
    {
        object?[] values = exchanged[count & 1];
        values[thread] = value;
        WaitForWarp(thread);
        int warp = thread / WarpSize;
        return (uint)lane < (uint)warps[warp].Threads ? (T)values[warp * WarpSize + lane]! : value;
    }

    public ArrayView<T> Shared<T>(int allocation, int extent)
        where T : unmanaged
    {
        long bytes = (long)extent * sizeof(T);
        if (allocation == shared.Count)
        {
            // Undefined contents are made visible: all bits set is NaN for floats.
            var memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
            new Span<byte>(memory, checked((int)bytes)).Fill(0xFF);
            shared.Add(((nint)memory, bytes));
        }

        if (shared[allocation].Bytes != bytes)
        {
            throw new InvalidOperationException($"threads of one group allocate shared memory of different sizes ("
                + $"{shared[allocation].Bytes} and {bytes} bytes); make the same calls in the same order in every thread");
        }

        return ViewAddress.View<T>(shared[allocation].Address, extent);
    }

    public ArrayView<T> Dynamic<T>(int bytes)
        where T : unmanaged
    {
        if (dynamic == 0)
        {
            dynamic = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
            new Span<byte>((void*)dynamic, bytes).Fill(0xFF);
        }

        return ViewAddress.View<T>(dynamic, bytes / sizeof(T));
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)dynamic);
        foreach (var (address, _) in shared)
            NativeMemory.AlignedFree((void*)address);
    }
}
