using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tensors;
using Dalle2.Training.Runs;

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
    readonly CaptionNeighbors? neighbors;
    readonly string neighborsName;
    long epoch = -1;
    readonly int[] order;

    /// <summary>A sampler.</summary>
    /// <param name="data">The split.</param>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="size">Samples of a batch.</param>
    /// <param name="augmentation">How pictures are varied; null leaves them as they are.</param>
    /// <param name="neighbors">Which captions are near to each other: every second batch is made of such ones; null for none.</param>
    public BatchSampler(PreparedData data, int[][] captions, ulong seed, string stage, int size, PictureAugmentation? augmentation = null,
        CaptionNeighbors? neighbors = null)
    {
        this.neighbors = neighbors;
        neighborsName = $"{stage}.neighbors";
        this.augmentation = augmentation;
        this.data = data;
        this.captions = captions;
        this.seed = seed;
        orderName = $"{stage}.order";
        this.size = size;
        order = new int[data.Count];
    }

    /// <summary>A stage's batches.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="config">The run's settings.</param>
    /// <param name="data">The split.</param>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    public static BatchSampler Of(Stage stage, TrainingConfig config, PreparedData data, int[][] captions) => new(
        data, captions, config.Seed, stage.Name, stage.BatchSize ?? config.Batch, config.Augmentation,
        stage.HasHardBatches ? new CaptionNeighbors(captions) : null);

    /// <summary>The samples.</summary>
    public PreparedData Data => data;

    /// <summary>The word numbers of each.</summary>
    public int[][] Captions => captions;

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
        bool isHard = neighbors != null && step % 2 == 1;
        // Hard batches leave the epochs of the others whole.
        long taken = neighbors == null ? step : step / 2;
        for (int b = 0; b < size && !isHard; b++)
        {
            long position = taken * size + b;
            Turn(position / data.Count);
            batch.Indices[b] = order[position % data.Count];
        }

        if (isHard)
            neighbors!.Draw(RandomKey.Named(seed, (ulong)step, neighborsName), batch.Indices);
        batch.Fill(data, captions, augmentation is { IsOff: false } ? sample => augmentation.Draw(seed, step, sample) : null);
    }

    /// <summary>A batch as large as any: the longest caption, again and again, with black pictures.</summary>
    internal Batch Largest()
    {
        int longest = 0;
        for (int i = 1; i < captions.Length; i++)
            longest = captions[i].Length > captions[longest].Length ? i : longest;
        Batch batch = CreateBatch();
        batch.Indices.Fill(longest);
        batch.SetCaptions(captions);
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
