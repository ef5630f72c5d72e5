using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tensors;

namespace Dalle2.Training.Loop;

/// <summary>
/// Cuts a prepared split into batches: the samples of all epochs in a row, each epoch in a random order of its own. The batch of a step is
/// a pure function of (seed, stage, step), so that a resumed run sees the same batches.
/// </summary>
public sealed class BatchSampler
{
    readonly PreparedData data;
    readonly int[][] captions;
    readonly ulong seed;
    readonly string orderName;
    readonly int size;
    readonly PictureAugmentation? augmentation;
    long epoch = -1;
    readonly int[] order;

    /// <summary>A sampler.</summary>
    /// <param name="data">The split.</param>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="size">Samples of a batch.</param>
    /// <param name="augmentation">How pictures are varied; null leaves them as they are.</param>
    public BatchSampler(PreparedData data, int[][] captions, ulong seed, string stage, int size, PictureAugmentation? augmentation = null)
    {
        this.augmentation = augmentation;
        this.data = data;
        this.captions = captions;
        this.seed = seed;
        orderName = $"{stage}.order";
        this.size = size;
        order = new int[data.Count];
    }

    /// <summary>The batch of a step, from 0.</summary>
    public Batch Take(long step)
    {
        Batch batch = CreateBatch();
        Fill(batch, step);
        return batch;
    }

    /// <summary>Given samples as a batch.</summary>
    public static Batch Gather(PreparedData data, int[][] captions, IReadOnlyList<int> indices)
    {
        var batch = new Batch(indices.Count, data.Side);
        for (int b = 0; b < batch.Size; b++)
            batch.Indices[b] = indices[b];
        batch.Fill(data, captions);
        return batch;
    }

    /// <summary>A batch to be filled.</summary>
    internal Batch CreateBatch() => new(size, data.Side);

    /// <summary>Makes a batch that of a step.</summary>
    internal void Fill(Batch batch, long step)
    {
        for (int b = 0; b < size; b++)
        {
            long position = step * size + b;
            Turn(position / data.Count);
            batch.Indices[b] = order[position % data.Count];
        }

        batch.Fill(data, captions, augmentation is { IsOff: false } ? sample => augmentation.Draw(seed, step, sample) : null);
    }

    /// <summary>A batch as large as any: the longest caption, again and again.</summary>
    internal Batch Largest()
    {
        int longest = 0;
        for (int i = 1; i < captions.Length; i++)
            longest = captions[i].Length > captions[longest].Length ? i : longest;
        Batch batch = CreateBatch();
        batch.Indices.Fill(longest);
        batch.Fill(data, captions);
        return batch;
    }

    void Turn(long wanted)
    {
        if (wanted == epoch)
            return;
        epoch = wanted;
        Philox.Permute(RandomKey.Named(seed, (ulong)wanted, orderName), order);
    }
}
