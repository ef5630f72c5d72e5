namespace Dalle2.Models.Parts;

/// <summary>
/// A picture to features: convolutions 4x4 of stride 2, each halving the picture, rectified, then flattened.
/// <c>[B, side, side, 3]</c> to <c>[B, features]</c>.
/// </summary>
public sealed class ImageEncoder : UnaryLayer
{
    readonly Sequential layers;

    /// <summary>An image encoder.</summary>
    /// <param name="imageSide">The side of the square pictures, in pixels.</param>
    /// <param name="outputChannels">Channels after each convolution.</param>
    public ImageEncoder(int imageSide, IReadOnlyList<int> outputChannels)
    {
        var parts = new List<(string, UnaryLayer)>();
        int channels = 3, side = imageSide;
        foreach (int outputs in outputChannels)
        {
            parts.Add(($"convolution{parts.Count + 1}",
                new Conv2d(channels, outputs, kernel: 4, stride: 2, padding: 1, activation: ActivationKind.ReLU)));
            (channels, side) = (outputs, side / 2);
        }

        Features = side * side * channels;
        parts.Add(("flatten", new Reshape(Features)));
        layers = Compose("layers", new Sequential([.. parts]));
    }

    /// <summary>Numbers of an encoded picture.</summary>
    public int Features { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x) => layers.Forward(context, x);

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => layers.Backward(context, dy);

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy) => layers.BackwardToParameters(context, dy);
}
