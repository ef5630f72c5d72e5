namespace Dalle2.Models;

/// <summary>
/// A code to a picture: a fully connected layer to a small map, then transposed convolutions 4x4 of stride 2, each doubling it, rectified but for the last.
/// <c>[B, code]</c> to the logits <c>[B, side, side, 3]</c>.
/// </summary>
public sealed class ImageDecoder : UnaryLayer
{
    readonly Sequential layers;

    /// <summary>An image decoder of an architecture's sizes.</summary>
    /// <param name="sizes">The architecture.</param>
    /// <param name="code">Numbers of the code.</param>
    public ImageDecoder(ClassicArchitecture sizes, int code)
    {
        IReadOnlyList<int> channels = sizes.DecoderChannels;
        int side = sizes.ImageSide >> channels.Count;
        var parts = new List<(string, UnaryLayer)>
        {
            ("project", new Linear(code, side * side * channels[0])),
            ("rectifier0", Activation.ReLU()),
            ("unflatten", new Reshape(side, side, channels[0])),
        };
        for (int level = 1; level <= channels.Count; level++)
        {
            bool last = level == channels.Count;
            parts.Add(($"convolution{level}", new ConvTranspose2d(channels[level - 1], last ? 3 : channels[level], kernel: 4, stride: 2, padding: 1)));
            if (!last)
                parts.Add(($"rectifier{level}", Activation.ReLU()));
        }

        layers = Compose("layers", new Sequential([.. parts]));
    }

    /// <summary>The parameters of the transposed convolutions, which do not depend on the size of the code.</summary>
    public IEnumerable<Parameter> ConvolutionParameters =>
        layers.Children.Where(child => child.Layer is ConvTranspose2d).SelectMany(child => child.Layer.Parameters);

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x) => layers.Forward(context, x);

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => layers.Backward(context, dy);
}
