using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>
/// Persistent threads that share out one piece of work at a time. They spin for a moment after it, since the next launch of a step follows at
/// once, and park when none comes. The caller works too. Nothing is allocated for a piece of work.
/// </summary>
/// <remarks>
/// Work is cut into units. Who is free takes some of those left, fewer and fewer towards the end, so that threads finish together also when one of
/// them is slowed down: the caller from the front, the workers from the back, so that two threads find the same halves in their caches launch after
/// launch. What is left is one word, changed by compare and exchange only; it holds the number of the work too, so that a thread that was away cannot
/// take from one work what it has seen of another.
/// </remarks>
sealed class WorkerPool : IDisposable
{
    // About two milliseconds: longer than what lies between the launches of a step.
    const int SpinIterations = 50_000;

    // Enough to even out unequal work, few enough to keep taking cheap.
    const int UnitsPerThread = 16;

    readonly Worker[] workers;
    Shared shared;
    ChunkedWork? current;
    long pieces;
    int units;
    int failedUnit;
    Exception? failure;
    uint number;
    volatile bool stopping;

    public WorkerPool(int threads)
    {
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.Length; i++)
            workers[i] = new Worker(this, i + 1);
    }

    /// <summary>
    /// Runs all pieces of a work, 0 to <paramref name="count"/> - 1, and returns when all are done. If some fail, the failure of the first of the
    /// ranges that failed is thrown again.
    /// </summary>
    public void Run(ChunkedWork work, long count)
    {
        if (workers.Length == 0 || count == 1)
        {
            work.Run(0, count);
            return;
        }

        (current, pieces, units) = (work, count, (int)Math.Min(count, (workers.Length + 1) * UnitsPerThread));
        (failure, failedUnit) = (null, int.MaxValue);
        Volatile.Write(ref shared.Done, 0);
        // A full fence: a worker that parks after it sees the work, one that had parked before is seen here.
        Interlocked.Exchange(ref shared.Left, ((ulong)++number << 32) | (uint)units);
        foreach (Worker worker in workers)
            worker.Wake();
        Work(fromFront: true);
        var spin = default(SpinWait);
        for (int i = 0; Volatile.Read(ref shared.Done) != units; i++)
        {
            if (i < SpinIterations / 10)
                Thread.SpinWait(1);
            else
                spin.SpinOnce(sleep1Threshold: -1);
        }

        if (failure is { } failed)
            ExceptionDispatchInfo.Throw(failed);
    }

    public void Dispose()
    {
        stopping = true;
        Interlocked.MemoryBarrier();
        foreach (Worker worker in workers)
            worker.Dispose();
    }

    bool HasWork => Volatile.Read(ref shared.Left) is var left && (ushort)(left >> 16) != (ushort)left;

    // Of the word, the low 16 bits are the end of the units left, the next 16 their beginning.
    void Work(bool fromFront)
    {
        while (true)
        {
            ulong left = Volatile.Read(ref shared.Left);
            int first = (ushort)(left >> 16), end = (ushort)left,
                taken = (end - first + 2 * workers.Length + 1) / (2 * (workers.Length + 1));
            if (first == end)
                return;
            ulong rest = left & ~0xFFFF_FFFFul | (fromFront ? (uint)(first + taken) << 16 | (uint)end : (uint)first << 16
                | (uint)(end - taken));
            if (Interlocked.CompareExchange(ref shared.Left, rest, left) != left)
                continue;
            (first, end) = fromFront ? (first, first + taken) : (end - taken, end);
            // Until these are counted as done, the work stays the current one.
            try
            {
                current!.Run(pieces * first / units, pieces * end / units);
            }
            catch (Exception e)
            {
                Fail(first, e);
            }

            Interlocked.Add(ref shared.Done, end - first);
        }
    }

    void Fail(int unit, Exception e)
    {
        lock (workers)
        {
            if (unit > failedUnit)
                return;
            (failedUnit, failure) = (unit, e);
        }
    }

    // Each on cache lines of its own.
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    struct Shared
    {
        [FieldOffset(128)]
        public ulong Left;

        [FieldOffset(256)]
        public int Done;
    }

    sealed class Worker : IDisposable
    {
        readonly WorkerPool pool;
        readonly SemaphoreSlim signal = new(0);
        readonly Thread thread;
        int parked;

        public Worker(WorkerPool pool, int index)
        {
            this.pool = pool;
            thread = new Thread(Loop) { IsBackground = true, Name = $"kernel worker {index}" };
            thread.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref parked) == 1 && Interlocked.Exchange(ref parked, 0) == 1)
                signal.Release();
        }

        public void Dispose()
        {
            Wake();
            thread.Join();
            signal.Dispose();
        }

        void Loop()
        {
            while (!pool.stopping)
            {
                for (int i = 0; !pool.HasWork && !pool.stopping && i < SpinIterations; i++)
                    Thread.SpinWait(1);
                if (pool.HasWork)
                {
                    pool.Work(fromFront: false);
                    continue;
                }

                Interlocked.Exchange(ref parked, 1);
                // Work given before the flag was seen would not wake this thread.
                if ((pool.HasWork || pool.stopping) && Interlocked.Exchange(ref parked, 0) == 1)
                    continue;
                signal.Wait();
            }
        }
    }
}
