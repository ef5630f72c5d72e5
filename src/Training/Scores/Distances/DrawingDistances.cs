using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Tensors;

namespace Dalle2.Training.Scores.Distances;

/// <summary>Real pictures by all kinds of features, ready for drawings to be held against them; several runs' by the same ones.</summary>
sealed class DrawingDistances : IDisposable
{
    readonly ClipFeatures clip;
    readonly List<Measure> measures = [];

    /// <summary>Computes the features of the real pictures, and how far these are from each other.</summary>
    /// <param name="device">Where the encoder runs; not owned.</param>
    /// <param name="truth">The true pictures of the captions that are drawn.</param>
    /// <param name="training">All training pictures.</param>
    /// <param name="others">Which of these are none of <paramref name="truth"/>.</param>
    public DrawingDistances(Device device, PictureBytes truth, PreparedData training, IReadOnlyList<int> others)
    {
        int[] order = Philox.Permutation(RandomKey.Named(0, 0, "real pictures"), others.Count);
        int half = Math.Min(truth.Count, others.Count / 2), whole = Math.Min(truth.Count, others.Count);
        var sample = PictureBytes.Of(training, [.. order.Take(Math.Max(2 * half, whole)).Select(i => others[i])]);
        var fitted = PictureBytes.Of(
            training, [.. Philox.Permutation(RandomKey.Named(0, 0, "components"), training.Count).Take(PixelFeatures.MostFitted)]);
        clip = ClipFeatures.Stored(device);
        foreach (PictureFeatures features in new PictureFeatures?[] { clip, PixelFeatures.Fit(fitted) }.OfType<PictureFeatures>())
        {
            IReadOnlyList<float[]> real = features.Of(truth), trained = features.Of(sample);
            measures.Add(new Measure(features, real, SetDistance.Between([.. real.Take(whole)], [.. trained.Take(whole)]),
                SetDistance.Between([.. trained.Take(half)], [.. trained.Skip(half).Take(half)])));
        }
    }

    /// <summary>The distances of drawings.</summary>
    /// <param name="drawn">A drawing for each true picture; the side may be another.</param>
    public IReadOnlyList<FeatureScore> Of(PictureBytes drawn) =>
    [
        .. measures.Select(measure => new FeatureScore(measure.Features.Name, measure.Features.Description,
            SetDistance.Between(measure.Features.Of(drawn), measure.Truth), measure.Training, measure.Floor)),
    ];

    /// <inheritdoc/>
    public void Dispose() => clip.Dispose();

    sealed record Measure(PictureFeatures Features, IReadOnlyList<float[]> Truth, SetDistance Training, SetDistance Floor);
}
