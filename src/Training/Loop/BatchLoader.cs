using System.Runtime.ExceptionServices;

namespace Dalle2.Training.Loop;

/// <summary>
/// Prepares the next batches on a thread of its own while the current ones are trained on. Which batch has which number does not depend on it:
/// that is the <see cref="BatchSampler"/>'s. A few batches are filled in turn, so that no step allocates.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    const int Ahead = 2;

    readonly BatchSampler sampler;
    readonly Batch[] ring;
    readonly SemaphoreSlim empty;
    readonly SemaphoreSlim full = new(0);
    readonly Thread thread;
    readonly int parts;
    readonly int[] own;
    readonly int holds;
    readonly long end;
    long taken;
    int held;
    volatile bool stopping;
    ExceptionDispatchInfo? failure;

    /// <summary>Begins to prepare every batch.</summary>
    /// <param name="sampler">Whose batches; used by the loader alone until it is disposed.</param>
    /// <param name="first">The first step.</param>
    /// <param name="end">One past the last.</param>
    public BatchLoader(BatchSampler sampler, long first, long end)
        : this(sampler, first, end, 1, [0], 1)
    {
    }

    /// <summary>Begins to prepare some of the batches of each step.</summary>
    /// <param name="sampler">Whose batches; used by the loader alone until it is disposed.</param>
    /// <param name="first">The first step.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="parts">Batches of a step.</param>
    /// <param name="own">Which of them are prepared, in order.</param>
    /// <param name="holds">How many stay as they are until the next is taken: 1, or all of a step.</param>
    public BatchLoader(BatchSampler sampler, long first, long end, int parts, int[] own, int holds)
    {
        (this.sampler, this.parts, this.own, this.holds) = (sampler, parts, own, holds);
        taken = first * own.Length;
        this.end = end > long.MaxValue / own.Length ? long.MaxValue : end * own.Length;
        ring = [.. Enumerable.Range(0, Ahead + holds).Select(_ => sampler.CreateBatch())];
        empty = new SemaphoreSlim(Ahead - 1 + holds);
        thread = new Thread(Load) { IsBackground = true, Name = "batch loader" };
        thread.Start();
    }

    /// <summary>The next batch; those held before, if they are as many as can be, are filled anew from now on.</summary>
    /// <param name="number">Its number, to be sure.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not the next batch, or behind the last.</exception>
    public Batch Take(long number)
    {
        if (taken >= end || number != NumberOf(taken))
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, taken >= end ? "all batches are taken"
                : $"batches are taken in turn; the next is number {NumberOf(taken)}");
        }

        if (held == holds)
        {
            empty.Release(held);
            held = 0;
        }

        failure?.Throw();
        full.Wait();
        failure?.Throw();
        held++;
        return ring[taken++ % ring.Length];
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

    long NumberOf(long at) => at / own.Length * parts + own[at % own.Length];

    void Load()
    {
        try
        {
            for (long at = taken; at < end; at++)
            {
                empty.Wait();
                if (stopping)
                    return;
                sampler.Fill(ring[at % ring.Length], NumberOf(at));
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
