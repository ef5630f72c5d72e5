using Dalle2.Data;
using Dalle2.Tensors;

namespace Dalle2.Training;

/// <summary>
/// Cuts a prepared split into batches: the samples of all epochs in a row, each epoch in a random order of its own. The batch of a step is
/// a pure function of (seed, stage, step), so that a resumed run sees the same batches.
/// </summary>
public sealed class BatchSampler
{
    readonly PreparedData data;
    readonly int[][] captions;
    readonly ulong seed;
    readonly string stage;
    readonly int size;
    long epoch = -1;
    int[] order = [];

    /// <summary>A sampler.</summary>
    /// <param name="data">The split.</param>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="size">Samples of a batch.</param>
    public BatchSampler(PreparedData data, int[][] captions, ulong seed, string stage, int size)
    {
        this.data = data;
        this.captions = captions;
        this.seed = seed;
        this.stage = stage;
        this.size = size;
    }

    /// <summary>The batch of a step, from 0.</summary>
    public Batch Take(long step)
    {
        var indices = new int[size];
        for (int i = 0; i < size; i++)
        {
            long position = step * size + i;
            Turn(position / data.Count);
            indices[i] = order[position % data.Count];
        }

        return Gather(data, captions, indices);
    }

    /// <summary>Given samples as a batch.</summary>
    public static Batch Gather(PreparedData data, int[][] captions, IReadOnlyList<int> indices)
    {
        int pixels = data.Side * data.Side * 3;
        var images = new float[indices.Count * pixels];
        for (int i = 0; i < indices.Count; i++)
            data.CopyFloats(indices[i], images.AsSpan(i * pixels, pixels));

        return new Batch([.. indices.Select(index => captions[index])], images, data.Side, indices);
    }

    void Turn(long wanted)
    {
        if (wanted == epoch)
            return;
        epoch = wanted;
        order = Philox.Permutation(RandomKey.Named(seed, (ulong)wanted, $"{stage}.order"), data.Count);
    }
}
