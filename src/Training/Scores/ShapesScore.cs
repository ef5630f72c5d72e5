using System.IO.Hashing;
using System.Runtime.InteropServices;
using Dalle2.Data.Shapes;
using MathNet.Numerics.Distributions;

namespace Dalle2.Training.Scores;

/// <summary>
/// Scores drawings of <c>shapes</c> against their captions. Each picture is read back with <see cref="SceneMatcher"/> and compared by
/// shape, color, size, place (one shape) or relation (two), background, and all of them together.
/// </summary>
/// <param name="tier">1 (one shape) or 2 (two shapes in a relation).</param>
/// <param name="side">The pictures' side in pixels.</param>
/// <param name="threads">Cores to use; 0, the default, takes all. The result does not depend on it.</param>
public sealed class ShapesScore(int tier, int side, int threads = 0)
{
    readonly SceneMatcher matcher = new(tier, side);

    /// <summary>The attributes, in the order of all tables.</summary>
    public IReadOnlyList<string> AttributeNames => SceneAttributes.Names(tier);

    /// <summary>Scores one picture for each caption.</summary>
    /// <param name="split">The split's name, for the result.</param>
    /// <param name="pictures">Drawings, each <c>[side, side, 3]</c> in [0, 1].</param>
    /// <param name="captions">What each should show.</param>
    /// <param name="real">Real pictures of the same tier and what they show, which give the ceiling; null leaves it out.</param>
    /// <exception cref="ArgumentException">There is no picture, there are not as many captions, or a picture has another size.</exception>
    public EvaluationResult Evaluate(string split, IReadOnlyList<float[]> pictures, IReadOnlyList<Scene> captions,
        (IReadOnlyList<float[]> Pictures, IReadOnlyList<Scene> Scenes)? real = null)
    {
        Scene?[] shown = Match(pictures, captions.Count);
        int[] right = Count(captions, shown);
        return new EvaluationResult(split, pictures.Count,
            [.. AttributeNames.Select((name, i) => KeyValuePair.Create(name, WilsonInterval.Of(right[i], pictures.Count)))],
            Table(Chance(captions)),
            Table(real is { } known ? Shares(known.Pictures, known.Scenes) : [.. AttributeNames.Select(_ => double.NaN)]),
            Table(Shuffled(captions, shown)));
    }

    /// <summary>The share of pictures that show what their caption says, by attribute.</summary>
    /// <exception cref="ArgumentException">As <see cref="Evaluate"/>.</exception>
    public double[] Shares(IReadOnlyList<float[]> pictures, IReadOnlyList<Scene> captions) =>
        [.. Count(captions, Match(pictures, captions.Count)).Select(right => (double)right / pictures.Count)];

    /// <summary>Renders held-out samples with their jitter, and adds noise, as a measure of the score itself.</summary>
    /// <param name="data">A set of this tier.</param>
    /// <param name="split">The split, <c>held-out</c> as a rule.</param>
    /// <param name="count">How many samples, from the first; fewer when the split has fewer.</param>
    /// <param name="noise">Standard deviation of the normal noise added to each value, 0 by default.</param>
    public (IReadOnlyList<float[]> Pictures, IReadOnlyList<Scene> Scenes) RealPictures(ShapesDataSet data, string split, int count,
        double noise = 0)
    {
        ArgumentNullException.ThrowIfNull(data);
        count = Math.Min(count, data.Count(split));
        float[][] pictures = new float[count][];
        Scene[] scenes = new Scene[count];
        for (int i = 0; i < count; i++)
        {
            scenes[i] = data.Scene(split, i);
            pictures[i] = new float[3 * side * side];
            SceneRenderer.Render(scenes[i], side, data.Jitter(split, i), pictures[i]);
            for (int j = 0; noise > 0 && j < pictures[i].Length; j++)
                pictures[i][j] += (float)NormalNoise((long)i * pictures[i].Length + j, noise);
        }

        return (pictures, scenes);
    }

    Scene?[] Match(IReadOnlyList<float[]> pictures, int captions)
    {
        if (pictures.Count == 0 || pictures.Count != captions)
            throw new ArgumentException($"{pictures.Count} pictures and {captions} captions cannot be compared", nameof(pictures));

        var shown = new Scene?[pictures.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        Parallel.For(0, shown.Length, options, i => shown[i] = matcher.Match(pictures[i]));
        return shown;
    }

    int[] Count(IReadOnlyList<Scene> captions, Scene?[] shown)
    {
        int[] right = new int[AttributeNames.Count];
        for (int i = 0; i < shown.Length; i++)
            Add(right, SceneAttributes.Compare(captions[i], shown[i]));

        return right;
    }

    /// <summary>Every picture against the captions that follow its own, all around or a thousand of them: the mean over shuffles, without drawing one.</summary>
    double[] Shuffled(IReadOnlyList<Scene> captions, Scene?[] shown)
    {
        int others = Math.Min(shown.Length - 1, 1000);
        int[] right = new int[AttributeNames.Count];
        for (int i = 0; i < shown.Length; i++)
        {
            for (int k = 1; k <= others; k++)
                Add(right, SceneAttributes.Compare(captions[(i + k) % captions.Count], shown[i]));
        }

        return [.. right.Select(count => others == 0 ? double.NaN : (double)count / others / shown.Length)];
    }

    /// <summary>The exact score of a picture whose combination is drawn uniformly from the tier, averaged over the captions.</summary>
    double[] Chance(IReadOnlyList<Scene> captions)
    {
        if (tier == 1)
            return [1 / 8.0, 1 / 8.0, 1 / 2.0, 1 / 9.0, 1 / 3.0, 1 / 3456.0];

        // A pair may be read both ways round, so chance depends on what its two shapes have in common, and on nothing else.
        var byPattern = new Dictionary<(bool, bool, bool), double[]>();
        double[] sum = new double[AttributeNames.Count];
        foreach (Scene caption in captions)
        {
            var pattern = (caption.First.Shape == caption.Second!.Shape, caption.First.Color == caption.Second.Color,
                caption.First.Size == caption.Second.Size);
            if (!byPattern.TryGetValue(pattern, out double[]? chance))
                byPattern[pattern] = chance = ChanceOf(caption);

            for (int i = 0; i < sum.Length; i++)
                sum[i] += chance[i];
        }

        return [.. sum.Select(total => total / captions.Count)];
    }

    static double[] ChanceOf(Scene caption)
    {
        int[] right = new int[SceneAttributes.Names(2).Count];
        for (int i = 0; i < SceneCatalog.Two.Count; i++)
            Add(right, SceneAttributes.Compare(caption, SceneCatalog.Two[i]));

        return [.. right.Select(count => (double)count / SceneCatalog.Two.Count)];
    }

    static void Add(int[] right, bool[] answers)
    {
        for (int i = 0; i < right.Length; i++)
            right[i] += answers[i] ? 1 : 0;
    }

    IReadOnlyList<KeyValuePair<string, double>> Table(double[] values) =>
        [.. AttributeNames.Select((name, i) => KeyValuePair.Create(name, values[i]))];

    // The quantile at a hash of the position, taken as evenly spread between 0 and 1.
    static double NormalNoise(long position, double deviation)
    {
        ulong bits = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(ref position)));
        return Normal.InvCDF(0, deviation, ((bits >> 11) + 0.5) / (1L << 53));
    }
}
