namespace Dalle2.Models.Parts;

/// <summary>
/// A code to a picture: a fully connected layer to a small map, then transposed convolutions 4x4 of stride 2, each doubling it. Before each, the map's channels
/// are scaled and shifted by what a fully connected layer makes of a condition, then go through a SiLU: the condition chooses color and form at every level, by
/// multiplying, whatever the place that the code gives. <c>[B, code]</c> and <c>[B, condition]</c> to the logits <c>[B, side, side, 3]</c>.
/// </summary>
public sealed class ImageDecoder : Layer
{
    readonly Linear project;
    readonly Reshape unflatten;
    readonly Level[] levels;

    /// <summary>An image decoder.</summary>
    /// <param name="imageSide">The side of the square pictures, in pixels.</param>
    /// <param name="channels">Channels before each transposed convolution.</param>
    /// <param name="code">Numbers of the code.</param>
    /// <param name="condition">Numbers of the condition.</param>
    public ImageDecoder(int imageSide, IReadOnlyList<int> channels, int code, int condition)
    {
        int side = imageSide >> channels.Count;
        project = Compose("project", new Linear(code, side * side * channels[0]));
        unflatten = Compose("unflatten", new Reshape(side, side, channels[0]));
        levels = [.. channels.Select((own, i) => Compose($"level{i + 1}",
            new Level(own, i + 1 < channels.Count ? channels[i + 1] : 3, condition)))];
        // The next level's modulation takes what a convolution gives in bfloat16.
        foreach (Level level in levels[..^1])
            level.Convolution.GivesBrainFloats = true;
    }

    /// <summary>The parameters of the transposed convolutions, which depend neither on the size of the code nor on that of the condition.</summary>
    public IEnumerable<Parameter> ConvolutionParameters => levels.SelectMany(level => level.Convolution.Parameters);

    /// <summary>The logits.</summary>
    public Tensor Forward(Context context, Tensor code, Tensor condition)
    {
        BeginForward(context);
        Tensor map = unflatten.Forward(context, project.Forward(context, code));
        foreach (Level level in levels)
            map = level.Forward(context, map, condition);
        return EndForward(context, map);
    }

    /// <summary>The gradients of code and condition; adds to the parameters' gradients.</summary>
    public (Tensor Code, Tensor Condition) Backward(Context context, Tensor dlogits)
    {
        BeginBackward();
        Tensor map = dlogits;
        Tensor? condition = null;
        for (int i = levels.Length - 1; i >= 0; i--)
        {
            (map, Tensor own) = levels[i].Backward(context, map);
            if (condition == null)
                condition = own;
            else
                ElementwiseOp.AddInPlace(context.Stream, condition, own);
        }

        return (EndBackward(context, project.Backward(context, unflatten.Backward(context, map))), condition!);
    }

    sealed class Level : Layer
    {
        readonly Linear condition;
        readonly ChannelModulation modulation;
        readonly Activation activation;

        public Level(int channels, int outputs, int conditions)
        {
            condition = Compose("condition", new Linear(conditions, 2 * channels));
            modulation = Compose("modulation", new ChannelModulation { GivesBrainFloats = true });
            activation = Compose("activation", new Activation(ActivationKind.SiLU) { GivesBrainFloats = true });
            Convolution = Compose("convolution", new ConvTranspose2d(channels, outputs, kernel: 4, stride: 2, padding: 1));
        }

        public ConvTranspose2d Convolution { get; }

        public Tensor Forward(Context context, Tensor map, Tensor conditions) =>
            Convolution.Forward(context, activation.Forward(context,
            modulation.Forward(context, map, condition.Forward(context, conditions))));

        public (Tensor Map, Tensor Condition) Backward(Context context, Tensor dmap)
        {
            (Tensor map, Tensor dmodulation) = modulation.Backward(context,
                activation.Backward(context, Convolution.Backward(context, dmap)));
            return (map, condition.Backward(context, dmodulation));
        }
    }
}
