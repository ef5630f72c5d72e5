using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Tensors;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Scores;

/// <summary>The samples of an evaluation: spread over a split, the same ones each time, broken ones left out.</summary>
sealed class EvaluationSamples
{
    readonly PreparedData data;
    readonly int[] chosen;
    readonly int[][] tokens;

    public EvaluationSamples(IDataSet set, string split, TrainingConfig config, WordTokenizer tokenizer, EvaluationRequest request,
        ITrainingObserver observer)
    {
        data = PreparedData.Load(set, split, config.ImageSide, request.MaxBroken, progress: observer.Preparing);
        foreach (BrokenSample broken in data.Broken)
            observer.Notice($"skipped a broken sample: {broken.Source}: {broken.Reason}");
        chosen = [.. Philox.Permutation(RandomKey.Named(0, 0, "evaluation"), data.Count).Take(request.Count)];
        Captions = [.. chosen.Select(i => data.Captions[i])];
        SetIndices = [.. chosen.Select(i => data.Indices[i])];
        int unknown = Captions.Count(caption => tokenizer.Read(caption, config.MaxWords).Unknown.Count > 0);
        if (unknown > 0)
            observer.Notice($"{unknown} of {Count} captions have words that the run does not know");
        tokens = [.. data.Captions.Select(caption => tokenizer.Encode(caption, config.MaxWords) is { Length: > 0 } ids
            ? ids : [Vocabulary.Unk])];
    }

    public int Count => chosen.Length;

    /// <summary>Of the whole split.</summary>
    public DataDigest Digest => data.Digest;

    public int Side => data.Side;

    public IReadOnlyList<string> Captions { get; }

    /// <summary>The index of each sample in the set's split.</summary>
    public IReadOnlyList<int> SetIndices { get; }

    /// <summary>The true picture of a sample, <c>[side, side, 3]</c>.</summary>
    public float[] Picture(int sample)
    {
        var values = new float[3 * Side * Side];
        data.CopyFloats(chosen[sample], values);
        return values;
    }

    public IEnumerable<(int Start, Batch Batch)> Batches(int size, CancellationToken cancellation)
    {
        for (int start = 0; start < Count; start += size)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return (start, BatchSampler.Gather(data, tokens, [.. chosen.Skip(start).Take(size)]));
        }
    }
}
