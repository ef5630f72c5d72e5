using System.Runtime.ExceptionServices;

namespace Dalle2.Training.Loop;

/// <summary>
/// Prepares the batches of the next steps on a thread of its own while the current one is trained on. Which batch a step gets does not depend on it:
/// that is the <see cref="BatchSampler"/>'s. A few batches are filled in turn, so that no step allocates.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    const int Ahead = 2;

    readonly BatchSampler sampler;
    readonly Batch[] ring;
    readonly SemaphoreSlim empty = new(Ahead);
    readonly SemaphoreSlim full = new(0);
    readonly Thread thread;
    readonly long end;
    long next;
    bool holds;
    volatile bool stopping;
    ExceptionDispatchInfo? failure;

    /// <summary>Begins to prepare.</summary>
    /// <param name="sampler">Whose batches; used by the loader alone until it is disposed.</param>
    /// <param name="first">The first step.</param>
    /// <param name="end">One past the last.</param>
    public BatchLoader(BatchSampler sampler, long first, long end)
    {
        this.sampler = sampler;
        this.end = end;
        next = first;
        // One is being trained on, the others are ahead.
        ring = [.. Enumerable.Range(0, Ahead + 1).Select(_ => sampler.CreateBatch())];
        thread = new Thread(Load) { IsBackground = true, Name = "batch loader" };
        thread.Start();
    }

    /// <summary>The batch of the next step; the one before is filled anew from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not the next step, or behind the last.</exception>
    public Batch Take(long step)
    {
        if (step != next || step >= end)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step,
                $"batches are taken in turn; the next is that of step {next} of {end}");
        }

        if (holds)
            empty.Release();
        holds = true;
        failure?.Throw();
        full.Wait();
        failure?.Throw();
        return ring[next++ % ring.Length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping = true;
        empty.Release();
        thread.Join();
        empty.Dispose();
        full.Dispose();
    }

    void Load()
    {
        try
        {
            for (long step = next; step < end; step++)
            {
                empty.Wait();
                if (stopping)
                    return;
                sampler.Fill(ring[step % ring.Length], step);
                full.Release();
            }
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
            full.Release();
        }
    }
}
