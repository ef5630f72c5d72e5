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
    readonly int parts;

    // Of the step that was described last, where steps have several parts: its samples, and words.
    readonly int[] ofStep = [];
    long described = -1;
    long words;

    // Where samples are compared: of each the first in the data with the same caption, of each such one its place in the step, and of each sample of the
    // step the first with the same caption.
    readonly int[] sameCaptions = [];
    readonly int[] places = [];
    readonly int[] firstOfStep = [];

    /// <summary>A sampler.</summary>
    /// <param name="data">The split.</param>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stage">The stage's name.</param>
    /// <param name="size">Samples of a batch.</param>
    /// <param name="augmentation">How pictures are varied; null leaves them as they are.</param>
    /// <param name="neighbors">Which captions are near to each other: every second batch is made of such ones; null for none.</param>
    /// <param name="parts">Batches of a step.</param>
    /// <param name="comparesSamples">Whether the samples of a step are compared with each other.</param>
    public BatchSampler(PreparedData data, int[][] captions, ulong seed, string stage, int size, PictureAugmentation? augmentation = null,
        CaptionNeighbors? neighbors = null, int parts = 1, bool comparesSamples = false)
    {
        this.parts = parts;
        if (parts > 1)
            ofStep = new int[checked(parts * size)];
        if (parts > 1 && comparesSamples)
        {
            (sameCaptions, places, firstOfStep) = (FirstOfEach(captions), new int[captions.Length], new int[ofStep.Length]);
            Array.Fill(places, -1);
        }

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
        stage.HasHardBatches ? new CaptionNeighbors(captions) : null, config.Accumulation, stage is IContrastiveStage);

    /// <summary>Samples of a batch.</summary>
    public int Size => size;

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

    /// <summary>Makes a batch that of a step, or of a part of one.</summary>
    internal void Fill(Batch batch, long step)
    {
        if (parts == 1)
        {
            Pick(step, batch.Indices);
        }
        else
        {
            Describe(step / parts);
            ofStep.AsSpan((int)(step % parts) * size, size).CopyTo(batch.Indices);
            (batch.StepSize, batch.StepWords) = (ofStep.Length, words);
            if (sameCaptions.Length > 0)
            {
                if (batch.StepCaptions.Length == 0)
                    batch.StepCaptions = new int[ofStep.Length];
                firstOfStep.CopyTo(batch.StepCaptions, 0);
            }
        }

        batch.Fill(data, captions, augmentation is { IsOff: false } ? sample => augmentation.Draw(seed, step, sample) : null);
    }

    void Pick(long step, Span<int> indices)
    {
        bool isHard = neighbors != null && step % 2 == 1;
        // Hard batches leave the epochs of the others whole.
        long taken = neighbors == null ? step : step / 2;
        for (int b = 0; b < size && !isHard; b++)
        {
            long position = taken * size + b;
            Turn(position / data.Count);
            indices[b] = order[position % data.Count];
        }

        if (isHard)
            neighbors!.Draw(RandomKey.Named(seed, (ulong)step, neighborsName), indices);
    }

    // Picks all samples of a step of several parts, and finds what each part must know of the others.
    void Describe(long step)
    {
        if (step == described)
            return;
        (described, words) = (step, 0);
        for (int part = 0; part < parts; part++)
            Pick(step * parts + part, ofStep.AsSpan(part * size, size));
        foreach (int sample in ofStep)
            words += captions[sample].Length;
        for (int i = 0; i < firstOfStep.Length; i++)
        {
            ref int place = ref places[sameCaptions[ofStep[i]]];
            firstOfStep[i] = place = place < 0 ? i : place;
        }

        for (int i = 0; i < firstOfStep.Length; i++)
            places[sameCaptions[ofStep[i]]] = -1;
    }

    static int[] FirstOfEach(int[][] captions)
    {
        var first = new Dictionary<string, int>();
        var same = new int[captions.Length];
        for (int i = 0; i < captions.Length; i++)
        {
            string key = string.Join(' ', captions[i]);
            if (!first.TryGetValue(key, out same[i]))
                first.Add(key, same[i] = i);
        }

        return same;
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
