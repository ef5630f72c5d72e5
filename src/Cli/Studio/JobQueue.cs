using System.Globalization;
using System.Text.Json.Nodes;

namespace Dalle2.Cli.Studio;

/// <summary>The jobs of a studio: one at a time on a device, in the order in which they came; what is over is remembered for a while.</summary>
sealed class JobQueue : IDisposable
{
    /// <summary>Jobs that may wait.</summary>
    public const int MostWaiting = 50;

    const int MostRemembered = 100;

    readonly Lock guard = new();
    readonly List<Job> jobs = [];
    readonly Dictionary<string, Thread> workers = [];
    readonly EventHub hub;
    int serial;
    bool isClosed;

    public JobQueue(EventHub hub) => this.hub = hub;

    /// <summary>Takes a job.</summary>
    /// <exception cref="StudioFaultException">Too many wait, or the studio is being closed.</exception>
    public Job Add(Job job)
    {
        lock (guard)
        {
            if (isClosed)
                throw new StudioFaultException(503, "the studio is being closed");
            if (jobs.Count(one => one.State == JobState.Queued) >= MostWaiting)
                throw new StudioFaultException(503, $"{MostWaiting} jobs wait already; try again when some are done, or stop some");
            if (job.Kind == "train" && jobs.FirstOrDefault(one => !one.IsOver && one.Kind == "train" && one.Run == job.Run) is { } same)
                throw new StudioFaultException(409, $"the run '{job.Run}' is being trained already, by job {same.Id} of this studio");
            job.Id = (++serial).ToString(CultureInfo.InvariantCulture);
            job.Changed = Tell;
            jobs.Add(job);
            foreach (Job old in jobs.Where(one => one.IsOver).SkipLast(MostRemembered).ToArray())
            {
                jobs.Remove(old);
                old.Dispose();
            }

            if (!workers.ContainsKey(job.Place))
            {
                workers[job.Place] = new Thread(() => Work(job.Place)) { IsBackground = true, Name = $"jobs on {job.Place}" };
                workers[job.Place].Start();
            }
        }

        Tell(job);
        return job;
    }

    /// <summary>Whether nothing runs or waits on a place.</summary>
    public bool IsIdle(string place)
    {
        lock (guard)
            return jobs.All(job => job.IsOver || job.Place != place);
    }

    /// <summary>A job.</summary>
    /// <exception cref="StudioFaultException">There is none of the name.</exception>
    public Job Find(string? id)
    {
        lock (guard)
        {
            return jobs.FirstOrDefault(job => job.Id == id) ?? throw StudioFaultException.NotFound("there is no such job; the last "
                + $"{MostRemembered} are remembered");
        }
    }

    /// <summary>All of them, for a page.</summary>
    public JsonArray ToJson()
    {
        Job[] all;
        lock (guard)
            all = [.. jobs];
        return new JsonArray([.. all.Select(ToJson)]);
    }

    /// <summary>One of them, for a page: with what it waits for.</summary>
    public JsonObject ToJson(Job job)
    {
        string? waitsFor = null;
        lock (guard)
        {
            if (job.State == JobState.Queued)
            {
                Job[] before = [.. jobs.TakeWhile(one => one != job).Where(one => !one.IsOver && one.Place == job.Place)];
                waitsFor = before.Length == 0 ? null : before.Length == 1 ? $"waits for {before[0].Title}, which runs on {job.Place}"
                    : $"waits for {before[0].Title}, which runs on {job.Place}, and {before.Length - 1} more";
            }
        }

        return job.ToJson(waitsFor);
    }

    /// <summary>The training of a run that is not over.</summary>
    public Job? TrainingOf(string run)
    {
        lock (guard)
            return jobs.FirstOrDefault(job => !job.IsOver && job.Kind == "train" && job.Run == run);
    }

    /// <summary>Asks all jobs to end and waits for them: a training saves a checkpoint.</summary>
    public void Dispose()
    {
        Thread[] running;
        lock (guard)
        {
            isClosed = true;
            running = [.. workers.Values];
            foreach (Job job in jobs.Where(job => !job.IsOver))
                job.Stop();
        }

        foreach (Thread worker in running)
            worker.Join();
        jobs.ForEach(job => job.Dispose());
    }

    // A worker ends when nothing is left; the next job starts another.
    void Work(string place)
    {
        while (true)
        {
            Job? next;
            lock (guard)
            {
                next = jobs.FirstOrDefault(job => job.State == JobState.Queued && job.Place == place);
                if (next == null)
                {
                    workers.Remove(place);
                    return;
                }
            }

            next.RunToEnd();
            foreach (Job waiting in Waiting(place))
                Tell(waiting);
        }
    }

    Job[] Waiting(string place)
    {
        lock (guard)
            return [.. jobs.Where(job => job.State == JobState.Queued && job.Place == place)];
    }

    void Tell(Job job) => hub.Publish("job", () => ToJson(job));
}
