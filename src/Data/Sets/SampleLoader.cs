using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>Loads samples of a split on worker threads and collects what is broken.</summary>
static class SampleLoader
{
    /// <summary>
    /// Calls <paramref name="use"/> with the place in <paramref name="indices"/> of each sound picture and with it, from many threads at once; returns
    /// the broken samples in order.
    /// A <see cref="UserInputException"/> of a worker stops the rest and comes out as it is; <paramref name="progress"/> is called by one thread at a time, about a hundred times.
    /// </summary>
    public static BrokenSample[] Run(IDataSet set, string split, int[] indices, int side, int threads, Action<int, Image> use,
        Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        int count = indices.Length, done = 0, step = Math.Max(1, count / 100);
        var faults = new BrokenSample?[count];
        object gate = new();
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount,
            CancellationToken = cancellation
        };
        try
        {
            Parallel.For(0, count, options, n =>
            {
                int i = indices[n];
                try
                {
                    use(n, set.Load(split, i, side));
                }
                catch (BrokenSampleException e)
                {
                    faults[n] = new BrokenSample(split, i, e.SamplePath, e.Reason);
                }
                catch (OutOfMemoryException)
                {
                    faults[n] = new BrokenSample(split, i, set.Source(split, i), PictureDecoder.NoMemory);
                }
                catch (Exception e) when (e is not UserInputException)
                {
                    throw new InvalidOperationException($"{VisibleText.Of(set.Source(split, i))}: {e.Message}", e);
                }
                lock (gate)
                {
                    done++;
                    if (done % step == 0 || done == count)
                        progress?.Invoke(done, count);
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<UserInputException>().FirstOrDefault() is { } fatal)
        {
            throw new UserInputException(fatal.Message, e);
        }
        catch (AggregateException e)
        {
            throw new InvalidOperationException(e.InnerExceptions[0].Message, e);
        }
        return [.. faults.OfType<BrokenSample>()];
    }
}
