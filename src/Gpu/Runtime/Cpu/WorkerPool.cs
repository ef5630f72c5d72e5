namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>
/// Persistent threads that share out the chunks of one job at a time. They spin for a moment after a job, since the next launch of a step
/// follows at once, and park when none comes. The caller works too.
/// </summary>
sealed class WorkerPool : IDisposable
{
    const int SpinIterations = 20_000;

    readonly Worker[] workers;
    volatile Job? current;
    volatile bool stopping;

    public WorkerPool(int threads)
    {
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.Length; i++)
            workers[i] = new Worker(this, i + 1);
    }

    /// <summary>Runs <paramref name="body"/> for each chunk 0..chunks-1, in any order, and returns when all are done. The failure of the first of those that fail is thrown again.</summary>
    public void Run(int chunks, Action<int> body)
    {
        if (workers.Length == 0 || chunks == 1)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
                body(chunk);
            return;
        }

        var job = new Job(chunks, body);
        current = job;
        Interlocked.MemoryBarrier();
        foreach (Worker worker in workers)
            worker.Wake();
        job.Work();
        var spin = default(SpinWait);
        while (!job.Done)
            spin.SpinOnce(sleep1Threshold: -1);
        if (job.Failure is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        stopping = true;
        Interlocked.MemoryBarrier();
        foreach (Worker worker in workers)
            worker.Dispose();
    }

    sealed class Job(int chunks, Action<int> body)
    {
        int next;
        int done;
        int failedChunk = int.MaxValue;
        Exception? failure;

        public bool Done => Volatile.Read(ref done) == chunks;

        public Exception? Failure => failure;

        void Fail(int chunk, Exception e)
        {
            lock (body)
            {
                if (chunk > failedChunk)
                    return;
                failedChunk = chunk;
                failure = e;
            }
        }

        public void Work()
        {
            for (int chunk; (chunk = Interlocked.Increment(ref next) - 1) < chunks;)
            {
                try
                {
                    body(chunk);
                }
                catch (Exception e)
                {
                    Fail(chunk, e);
                }

                Interlocked.Increment(ref done);
            }
        }
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
            Job? last = null;
            while (!pool.stopping)
            {
                Job? job = pool.current;
                for (int i = 0; ReferenceEquals(job, last) && !pool.stopping && i < SpinIterations; i++)
                {
                    Thread.SpinWait(8);
                    job = pool.current;
                }

                if (ReferenceEquals(job, last))
                {
                    Interlocked.Exchange(ref parked, 1);
                    // A job published before the flag was seen would not wake this thread.
                    if (!ReferenceEquals(pool.current, last) || pool.stopping)
                    {
                        if (Interlocked.Exchange(ref parked, 0) == 1)
                            continue;
                    }

                    signal.Wait();
                    continue;
                }

                last = job;
                job!.Work();
            }
        }
    }
}
