using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dalle2.Data.Sets;

namespace Dalle2.Training.Scores.Distances;

/// <summary>Finds for each picture the nearest of others by squared distance, exactly: bytes are compared in whole numbers, and a pair is left as soon as it is farther than the nearest so far.</summary>
public static class NearestPictures
{
    // A few pictures wait in the cache while the others pass by once.
    const int Together = 16;

    // Between two looks at the sum; far from what 32 bits hold.
    const int Stretch = 1024;

    /// <summary>The nearest of prepared pictures, the first of equals.</summary>
    /// <param name="pictures">What to find the nearest of.</param>
    /// <param name="others">Where to look; those that are not in memory are read again.</param>
    /// <param name="threads">Cores to use; 0 takes all. The result does not depend on it.</param>
    /// <param name="progress">Told how many are as good as done, by one thread at a time.</param>
    /// <param name="blockBytes">So many bytes of them are taken at once. Default 64 MiB.</param>
    /// <param name="cancellation">Stops between some of them.</param>
    /// <exception cref="ArgumentException">The sides differ.</exception>
    /// <exception cref="Data.UserInputException">A picture is read again, and is not what it was.</exception>
    public static NearestPicture[] Find(PictureBytes pictures, PreparedData others, int threads = 0, Action<int>? progress = null,
        int blockBytes = 1 << 26, CancellationToken cancellation = default)
    {
        var nearest = new NearestPicture[pictures.Count];
        Array.Fill(nearest, new NearestPicture(-1, long.MaxValue));
        int block = Math.Max(1, blockBytes / pictures.Length);
        for (int start = 0; start < others.Count; start += block)
        {
            int[] indices = [.. Enumerable.Range(start, Math.Min(block, others.Count - start))];
            NearestPicture[] found = Find(pictures, PictureBytes.Of(others, indices), threads,
                done => progress?.Invoke((int)(((long)start * pictures.Count + (long)done * indices.Length) / others.Count)), cancellation);
            for (int i = 0; i < found.Length; i++)
            {
                if (found[i].Squared < nearest[i].Squared)
                    nearest[i] = found[i] with { Index = start + found[i].Index };
            }
        }

        return nearest;
    }

    /// <summary>The nearest, the first of equals.</summary>
    /// <param name="pictures">What to find the nearest of.</param>
    /// <param name="others">Where to look, one at least, of the same side.</param>
    /// <param name="threads">Cores to use; 0 takes all. The result does not depend on it.</param>
    /// <param name="progress">Told how many are done, by one thread at a time.</param>
    /// <param name="cancellation">Stops between some of them.</param>
    /// <exception cref="ArgumentException">The sides differ, or there is nowhere to look.</exception>
    public static NearestPicture[] Find(PictureBytes pictures, PictureBytes others, int threads = 0, Action<int>? progress = null,
        CancellationToken cancellation = default)
    {
        if (pictures.Side != others.Side || others.Count == 0)
        {
            throw new ArgumentException($"pictures of {pictures.Side}x{pictures.Side} have none nearest among {others.Count} of "
                + $"{others.Side}x{others.Side}", nameof(others));
        }

        var nearest = new NearestPicture[pictures.Count];
        int done = 0;
        object gate = new();
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount,
            CancellationToken = cancellation,
        };
        Parallel.For(0, (pictures.Count + Together - 1) / Together, options, group =>
        {
            Span<NearestPicture> own = nearest.AsSpan(group * Together, Math.Min(Together, pictures.Count - group * Together));
            own.Fill(new NearestPicture(-1, long.MaxValue));
            for (int other = 0; other < others.Count; other++)
            {
                for (int i = 0; i < own.Length; i++)
                {
                    long squared = Distance(pictures[group * Together + i], others[other], own[i].Squared);
                    if (squared < own[i].Squared)
                        own[i] = new NearestPicture(other, squared);
                }
            }

            lock (gate)
            {
                done += own.Length;
                progress?.Invoke(done);
            }
        });
        return nearest;
    }

    // The sum of squared differences, or anything from the limit on that it is certain to exceed.
    static long Distance(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, long limit)
    {
        ref byte firstX = ref MemoryMarshal.GetReference(x), firstY = ref MemoryMarshal.GetReference(y);
        long sum = 0;
        for (int at = 0; at < x.Length && sum < limit;)
        {
            int end = Math.Min(x.Length, at + Stretch);
            Vector256<uint> sums = default;
            for (; at + Vector256<byte>.Count <= end; at += Vector256<byte>.Count)
            {
                var left = Vector256.LoadUnsafe(ref firstX, (nuint)at);
                var right = Vector256.LoadUnsafe(ref firstY, (nuint)at);
                var (low, high) = Vector256.Widen(Vector256.Max(left, right) - Vector256.Min(left, right));
                // 255^2 fits in 16 bits.
                var (first, second) = Vector256.Widen(low * low);
                var (third, fourth) = Vector256.Widen(high * high);
                sums += first + second + (third + fourth);
            }

            sum += Vector256.Sum(sums);
            for (; at < end; at++)
                sum += (x[at] - y[at]) * (x[at] - y[at]);
        }

        return sum;
    }
}

/// <summary>The nearest of some pictures.</summary>
/// <param name="Index">Which.</param>
/// <param name="Squared">The sum of squared differences, in steps of 1/255.</param>
public readonly record struct NearestPicture(int Index, long Squared);
