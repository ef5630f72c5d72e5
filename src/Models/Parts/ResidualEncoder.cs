namespace Dalle2.Models.Parts;

/// <summary>
/// A picture to features: levels of a convolution 4x4 of stride 2, which halves the picture, and a residual block; then group normalization, SiLU, flattened.
/// <c>[B, side, side, 3]</c> to <c>[B, features]</c>.
/// </summary>
public sealed class ResidualEncoder : UnaryLayer
{
    readonly (Conv2d Halve, ResidualBlock Block)[] levels;
    readonly GroupNormActivation norm;
    readonly Reshape flatten;
    readonly Tensor[] halved;
    readonly Tensor[] outputs;

    /// <summary>An image encoder.</summary>
    /// <param name="imageSide">The side of the square pictures, in pixels; a multiple of 2 to the number of levels.</param>
    /// <param name="channels">Channels of each level.</param>
    public ResidualEncoder(int imageSide, IReadOnlyList<int> channels)
    {
        levels =
        [
            .. channels.Select((own, i) => (
                Compose($"halve{i + 1}", new Conv2d(i == 0 ? 3 : channels[i - 1], own, kernel: 4, stride: 2, padding: 1)),
                Compose($"block{i + 1}", new ResidualBlock(own, own)))),
        ];
        (halved, outputs) = (new Tensor[levels.Length], new Tensor[levels.Length]);
        int side = imageSide >> channels.Count;
        Features = side * side * channels[^1];
        norm = Compose("norm", new GroupNormActivation(ResidualBlock.GroupsOf(channels[^1]), channels[^1]));
        flatten = Compose("flatten", new Reshape(Features));
    }

    /// <summary>Numbers of an encoded picture.</summary>
    public int Features { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        Tensor map = x;
        for (int i = 0; i < levels.Length; i++)
        {
            halved[i] = levels[i].Halve.Forward(context, map);
            outputs[i] = levels[i].Block.Forward(context, halved[i]);
            if (!context.Training)
                Release(context, i);
            map = outputs[i];
        }

        Tensor y = flatten.Forward(context, norm.Forward(context, map));
        if (!context.Training)
            context.Release(map);
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy) => DifferentiateTo(context, dy, toInput: true)!;

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy) => DifferentiateTo(context, dy, toInput: false);

    Tensor? DifferentiateTo(Context context, Tensor dy, bool toInput)
    {
        Tensor dmap = norm.Backward(context, flatten.Backward(context, dy));
        for (int i = levels.Length - 1; i >= 0; i--)
        {
            (Tensor dhalved, _) = levels[i].Block.Backward(context, dmap);
            context.Release(dmap);
            context.Release(outputs[i]);
            if (i == 0 && !toInput)
            {
                levels[i].Halve.BackwardToParameters(context, dhalved);
                dmap = dhalved;
            }
            else
            {
                dmap = levels[i].Halve.Backward(context, dhalved);
                context.Release(dhalved);
            }

            context.Release(halved[i]);
        }

        if (toInput)
            return dmap;
        context.Release(dmap);
        return null;
    }

    // Of a level that has run forward for good: what lies between, and the map that it was given, if that is not the caller's.
    void Release(Context context, int level)
    {
        context.Release(halved[level]);
        if (level > 0)
            context.Release(outputs[level - 1]);
    }
}
