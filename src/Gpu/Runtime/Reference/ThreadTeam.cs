namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>
/// Runs the threads of one group after the other in turns: each until it ends or waits for others. A waiting thread keeps its stack, so the next
/// one runs on another host thread; those are parked between groups and reused. Only one of them runs at a time, in an order that the kernel alone
/// decides, so that nothing here needs a lock and the outcome of atomic operations on floats does not change from run to run.
/// </summary>
sealed class ThreadTeam : IDisposable
{
    const int StackBytes = 256 * 1024;

    [ThreadStatic]
    static Carrier? current;

    readonly Carrier caller = new(null);
    readonly Stack<Carrier> idle = new();
    readonly Queue<Carrier> ready = new();
    readonly LinkedList<Carrier> waiting = new();
    Action<int> body = _ => { };
    Exception? failure;
    int threads;
    int started;
    int ended;

    /// <summary>Runs <paramref name="kernelThread"/> for each thread 0..threads-1 of a group. Its first failure is thrown again.</summary>
    /// <exception cref="InvalidOperationException">Some threads ended, or wait elsewhere, while others wait for them.</exception>
    public void Run(int threads, Action<int> kernelThread)
    {
        (body, failure, this.threads, started, ended) = (kernelThread, null, threads, 0, 0);
        Carrier? outer = current;
        current = caller;
        Work();
        if (PassOn())
            caller.Wait();
        current = outer;
        if (failure != null)
            throw new InvalidOperationException(failure.Message, failure);
    }

    /// <summary>Waits until all of <paramref name="place"/>'s threads are there. Called by the running thread.</summary>
    public void Meet(MeetingPlace place)
    {
        Carrier self = current!;
        place.Here.Add(self);
        waiting.AddLast(self.Waiting);
        if (place.Here.Count == place.Threads)
        {
            // On in the order in which they came, so that no thread gets ahead for good.
            foreach (Carrier here in place.Here)
            {
                waiting.Remove(here.Waiting);
                ready.Enqueue(here);
            }

            place.Here.Clear();
        }

        if (PassOn())
            self.Wait();
        if (failure != null)
            throw new GroupStoppedException();
    }

    public void Dispose()
    {
        foreach (Carrier carrier in idle)
            carrier.Dispose();
        idle.Clear();
        caller.Dispose();
    }

    // Starts threads of the group on this host thread, until all have been started. One that has waited comes back here when it ends.
    void Work()
    {
        while (started < threads && failure == null)
        {
            int thread = started++;
            try
            {
                body(thread);
            }
            catch (GroupStoppedException)
            {
                // Another thread's failure ends this one.
            }
            catch (Exception e)
            {
                failure ??= e;
            }

            ended++;
        }
    }

    // Lets another host thread go on. False if the caller of this method is the one to go on.
    bool PassOn()
    {
        Carrier self = current!;
        if (failure != null)
            Release();
        if (failure == null && started < threads)
        {
            if (!idle.TryPop(out Carrier? next))
                next = new Carrier(this);
            next.Go();
            return true;
        }

        if (ready.Count == 0 && waiting.Count > 0)
        {
            failure = new InvalidOperationException(ended > 0
                ? "some threads left the kernel while others were still to pass a barrier or a shuffle; every thread must pass each of them"
                : "threads of one group wait at different barriers or shuffles; every thread must pass each of them in the same order");
            Release();
        }

        Carrier to = ready.Count > 0 ? ready.Dequeue() : caller;
        if (to == self)
            return false;
        to.Go();
        return true;
    }

    void Release()
    {
        foreach (Carrier carrier in waiting)
            ready.Enqueue(carrier);
        waiting.Clear();
    }

    void Loop(Carrier carrier)
    {
        current = carrier;
        while (carrier.Wait())
        {
            Work();
            // Before the next one runs: it may need this host thread.
            idle.Push(carrier);
            PassOn();
        }
    }

    /// <summary>Where some threads of a group meet: a barrier of the group, or of one warp.</summary>
    public sealed class MeetingPlace(int threads)
    {
        public int Threads { get; } = threads;

        internal List<Carrier> Here { get; } = new(threads);
    }

    /// <summary>A host thread; the caller's own has no team to work for.</summary>
    internal sealed class Carrier : IDisposable
    {
        readonly ManualResetEventSlim gate = new(false, 0);
        readonly Thread? thread;
        bool stopped;

        public Carrier(ThreadTeam? team)
        {
            Waiting = new LinkedListNode<Carrier>(this);
            if (team == null)
                return;
            thread = new Thread(() => team.Loop(this), StackBytes) { IsBackground = true, Name = "kernel thread" };
            thread.Start();
        }

        public LinkedListNode<Carrier> Waiting { get; }

        public void Go() => gate.Set();

        /// <summary>Waits for its turn; false if there will be none.</summary>
        public bool Wait()
        {
            gate.Wait();
            gate.Reset();
            return !stopped;
        }

        /// <summary>Ends the thread.</summary>
        public void Dispose()
        {
            stopped = true;
            gate.Set();
            thread?.Join();
            gate.Dispose();
        }
    }

    sealed class GroupStoppedException : Exception;
}
