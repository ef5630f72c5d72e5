using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Tensors;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Training.Scores;

/// <summary>The samples of an evaluation: spread over a split, the same ones each time, broken ones left out.</summary>
sealed class EvaluationSamples
{
    readonly int[] chosen;
    readonly int[][] tokens;
    readonly TrainingConfig config;
    readonly WordTokenizer tokenizer;

    public EvaluationSamples(IDataSet set, string split, TrainingConfig config, WordTokenizer tokenizer, EvaluationRequest request,
        ITrainingObserver observer)
    {
        (this.config, this.tokenizer) = (config, tokenizer);
        Data = PreparedData.Load(set, split, config.ImageSide, request.MaxBroken, progress: observer.Preparing,
            cacheBytes: request.CacheBytes);
        foreach (BrokenSample broken in Data.Broken)
            observer.Notice($"skipped a broken sample: {broken.Source}: {broken.Reason}");
        chosen = [.. Philox.Permutation(RandomKey.Named(0, 0, "evaluation"), Data.Count).Take(request.Count)];
        Captions = [.. chosen.Select(i => Data.Captions[i])];
        SetIndices = [.. chosen.Select(i => Data.Indices[i])];
        int unknown = Captions.Count(caption => tokenizer.Read(caption, config.MaxWords).Unknown.Count > 0);
        if (unknown > 0)
            observer.Notice($"{unknown} of {Count} captions have words that the run does not know");
        tokens = [.. Data.Captions.Select(Encode)];
    }

    public int Count => chosen.Length;

    /// <summary>The whole split.</summary>
    public PreparedData Data { get; }

    public int Side => Data.Side;

    /// <summary>The number of each sample in <see cref="Data"/>.</summary>
    public IReadOnlyList<int> Numbers => chosen;

    public IReadOnlyList<string> Captions { get; }

    /// <summary>The index of each sample in the set's split.</summary>
    public IReadOnlyList<int> SetIndices { get; }

    /// <summary>A caption as word numbers; one without words is one unknown word.</summary>
    public int[] Encode(string caption) => tokenizer.Encode(caption, config.MaxWords) is { Length: > 0 } ids ? ids : [Vocabulary.Unk];

    /// <summary>The true pictures of the first samples.</summary>
    public PictureBytes Pictures(int count) => PictureBytes.Of(Data, chosen.AsSpan(0, Math.Min(count, Count)));

    /// <summary>The true picture of a sample, <c>[side, side, 3]</c>.</summary>
    public float[] Picture(int sample)
    {
        var values = new float[3 * Side * Side];
        Data.CopyFloats(chosen[sample], values);
        return values;
    }

    public IEnumerable<(int Start, Batch Batch)> Batches(int size, CancellationToken cancellation)
    {
        for (int start = 0; start < Count; start += size)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (start, BatchSampler.Gather(Data, tokens, [.. chosen.Skip(start).Take(size)]));
        }
    }
}
