using Dalle2.Models.Parts;

namespace Dalle2.Models.Unclip;

/// <summary>
/// The network of the diffusion decoder: a U-Net (Ronneberger et al., 2015; Dhariwal and Nichol, 2021, arXiv 2105.05233) over patches of 2 x 2 pixels. Residual blocks whose channels time and embedding
/// scale and shift; learned positions at the first level; at the lowest one the embedding is projected to a map of its own, so that place can be told, and the map looks at itself.
/// A local network has none of these three, nor an embedding: it takes pictures of any side that its levels halve.
/// Given <c>[B, side, side, inputs]</c>, embeddings <c>[B, embedding]</c>, times <c>[B]</c>; predicted <c>[B, side, side, 3]</c>.
/// </summary>
public sealed class UNet : Layer
{
    const int Patch = 2, Colors = 3;

    readonly Sequential time;
    readonly Linear? embed;
    readonly Activation activateCondition;
    readonly PixelUnshuffle unshuffle;
    readonly Conv2d first;
    readonly LearnedPositions? positions;
    readonly Down[] downs;
    readonly Linear? place;
    readonly ResidualBlock middle;
    readonly GroupNormActivation? attentionNorm;
    readonly MultiHeadAttention? attention;
    readonly Up[] ups;
    readonly GroupNormActivation lastNorm;
    readonly Conv2d last;
    readonly PixelShuffle shuffle;

    /// <summary>A network.</summary>
    /// <param name="sizes">Its sizes.</param>
    public UNet(UNetSizes sizes)
    {
        IReadOnlyList<int> channels = sizes.Channels;
        int conditions = sizes.Conditions, lowChannels = channels[^1];
        Times = new TimeEmbedding(conditions);
        time = Compose("time", new Sequential(("first", new Linear(conditions, conditions, activation: ActivationKind.SiLU)), ("second",
            new Linear(conditions, conditions))));
        activateCondition = Compose("activateCondition", Activation.SiLU());
        unshuffle = Compose("unshuffle", new PixelUnshuffle(Patch));
        first = Compose("first", new Conv2d(sizes.Inputs * Patch * Patch, channels[0], kernel: 3, padding: 1));
        downs =
        [
            .. channels.Select((own, i) => Compose($"down{i + 1}",
                new Down(own, i + 1 < channels.Count ? channels[i + 1] : 0, sizes))),
        ];
        middle = Compose("middle", new ResidualBlock(lowChannels, lowChannels, conditions));
        if (sizes.Global is { } global)
        {
            int firstSide = global.Side / Patch, lowSide = firstSide >> (channels.Count - 1);
            embed = Compose("embed", new Linear(global.Embedding, conditions));
            positions = Compose("positions", new LearnedPositions(firstSide * firstSide, channels[0]));
            place = Compose("place", new Linear(global.Embedding, lowSide * lowSide * lowChannels));
            attentionNorm = Compose("attentionNorm",
                new GroupNormActivation(ResidualBlock.GroupsOf(lowChannels), lowChannels, activates: false));
            attention = Compose("attention", new MultiHeadAttention(lowChannels, global.Heads));
        }

        ups =
        [
            .. channels.Select((own, i) => Compose($"up{i + 1}", new Up(own, i > 0 ? channels[i - 1] : 0, sizes))),
        ];
        lastNorm = Compose("lastNorm", new GroupNormActivation(ResidualBlock.GroupsOf(channels[0]), channels[0]));
        last = Compose("last",
            new Conv2d(channels[0], Colors * Patch * Patch, kernel: 3, padding: 1, initializer: Initializer.Zeros));
        shuffle = Compose("shuffle", new PixelShuffle(Patch));
    }

    /// <summary>What makes features of the times.</summary>
    public TimeEmbedding Times { get; }

    /// <summary>What is predicted of noisy pictures.</summary>
    /// <param name="context">The step.</param>
    /// <param name="noisy">The pictures, and what is told of them by way of further channels.</param>
    /// <param name="embedding">The embeddings; zeros for none; null for a local network, and for no other.</param>
    /// <param name="times">The times.</param>
    /// <exception cref="ArgumentException">A local network is given an embedding, or another one none.</exception>
    public Tensor Forward(Context context, Tensor noisy, Tensor? embedding, Tensor times)
    {
        if (embedding == null != (embed == null))
        {
            throw new ArgumentException(
                $"{Name}: a network that is {(embed == null ? "local takes no embedding" : "not local takes an embedding")}");
        }

        BeginForward(context);
        Tensor condition = time.Forward(context, Times.Forward(context, times));
        if (embed != null)
            ElementwiseOp.AddInPlace(context.Stream, condition, embed.Forward(context, embedding!));
        condition = activateCondition.Forward(context, condition);
        Tensor map = first.Forward(context, unshuffle.Forward(context, noisy));
        if (positions != null)
            map = positions.Forward(context, Sequence(map)).Reshape(map.Shape);
        foreach (Down down in downs)
            map = down.Forward(context, map, condition);
        map = place == null ? middle.Forward(context, map, condition) : Look(context, map, embedding!, condition);
        for (int i = ups.Length - 1; i >= 0; i--)
            map = ups[i].Forward(context, map, downs[i].Skip, condition);
        return EndForward(context, shuffle.Forward(context, last.Forward(context, lastNorm.Forward(context, map))));
    }

    /// <summary>Adds to the parameters' gradients; what it is given is data.</summary>
    public void Backward(Context context, Tensor dprediction)
    {
        BeginBackward();
        Tensor dmap = lastNorm.Backward(context, last.Backward(context, shuffle.Backward(context, dprediction)));
        Tensor? dcondition = null;
        var dskips = new Tensor[ups.Length];
        for (int i = 0; i < ups.Length; i++)
        {
            (dmap, dskips[i], Tensor own) = ups[i].Backward(context, dmap);
            Add(own);
        }

        if (attention != null)
        {
            Tensor dlow = attentionNorm!.Backward(context, attention.Backward(context, Sequence(dmap)).Reshape(dmap.Shape));
            ElementwiseOp.AddInPlace(context.Stream, dlow, dmap);
            dmap = dlow;
        }

        (dmap, Tensor? dmiddle) = middle.Backward(context, dmap);
        Add(dmiddle!);
        place?.BackwardToParameters(context, dmap.Reshape(dmap.Shape[0], dmap.Length / dmap.Shape[0]));
        for (int i = downs.Length - 1; i >= 0; i--)
        {
            (dmap, Tensor own) = downs[i].Backward(context, dmap, dskips[i]);
            Add(own);
        }

        if (positions != null)
            dmap = positions.Backward(context, Sequence(dmap)).Reshape(dmap.Shape);
        // What it was given is data.
        first.BackwardToParameters(context, dmap);
        unshuffle.Abandon();
        Tensor dsum = activateCondition.Backward(context, dcondition!);
        embed?.BackwardToParameters(context, dsum);
        time.BackwardToParameters(context, dsum);
        EndBackward(context);

        void Add(Tensor own)
        {
            if (dcondition == null)
                dcondition = own;
            else
                ElementwiseOp.AddInPlace(context.Stream, dcondition, own);
        }
    }

    // The lowest level of a network that is not local: what the embedding says of places, and the map's look at itself.
    Tensor Look(Context context, Tensor map, Tensor embedding, Tensor condition)
    {
        Tensor places = place!.Forward(context, embedding);
        ElementwiseOp.AddInPlace(context.Stream, places, map);
        Tensor low = middle.Forward(context, places.Reshape(map.Shape), condition);
        Tensor seen = attention!.Forward(context, Sequence(attentionNorm!.Forward(context, low))).Reshape(low.Shape);
        ElementwiseOp.AddInPlace(context.Stream, seen, low);
        return seen;
    }

    static Tensor Sequence(Tensor map) => map.Reshape(map.Shape[0], map.Rows / map.Shape[0], map.Cols);

    // What levels have in common. One that checkpoints keeps in training what its blocks were given and nothing between, and computes them again on the way back.
    abstract class Level : Layer
    {
        readonly ResidualBlock[] blocks;
        readonly Tensor[] outputs;
        readonly bool checkpoints;
        Tensor? input;
        Tensor? condition;

        protected Level(int inputs, int channels, UNetSizes sizes)
        {
            blocks =
            [
                .. Enumerable.Range(1, sizes.Blocks).Select(i => Compose($"block{i}",
                    new ResidualBlock(i == 1 ? inputs : channels, channels, sizes.Conditions))),
            ];
            outputs = new Tensor[blocks.Length];
            checkpoints = sizes.Checkpoints;
        }

        protected Tensor RunBlocks(Context context, Tensor map, Tensor conditions)
        {
            if (!checkpoints || !context.Training)
                return Compute(context, map, conditions);
            (input, condition) = (map, conditions);
            using (context.Inference())
                return Compute(context, map, conditions);
        }

        protected (Tensor Map, Tensor Condition) BackThroughBlocks(Context context, Tensor dmap)
        {
            if (checkpoints)
                context.Release(Compute(context, input!, condition!));
            Tensor? dcondition = null;
            for (int i = blocks.Length - 1; i >= 0; i--)
            {
                (Tensor dinput, Tensor? own) = blocks[i].Backward(context, dmap);
                context.Release(dmap);
                if (i > 0)
                    context.Release(outputs[i - 1]);
                dmap = dinput;
                if (dcondition == null)
                {
                    dcondition = own;
                    continue;
                }

                ElementwiseOp.AddInPlace(context.Stream, dcondition, own!);
                context.Release(own!);
            }

            return (dmap, dcondition!);
        }

        Tensor Compute(Context context, Tensor map, Tensor conditions)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                outputs[i] = blocks[i].Forward(context, map, conditions);
                if (i > 0 && !context.Training)
                    context.Release(map);
                map = outputs[i];
            }

            return map;
        }
    }

    // A level on the way down: blocks, whose result is kept for the way up, then a convolution that halves it.
    sealed class Down : Level
    {
        readonly Conv2d? halve;

        public Down(int channels, int next, UNetSizes sizes)
            : base(channels, channels, sizes) =>
            halve = next == 0 ? null : Compose("halve", new Conv2d(channels, next, kernel: 4, stride: 2, padding: 1));

        public Tensor Skip { get; private set; } = null!;

        public Tensor Forward(Context context, Tensor map, Tensor condition)
        {
            Skip = RunBlocks(context, map, condition);
            return halve?.Forward(context, Skip) ?? Skip;
        }

        public (Tensor Map, Tensor Condition) Backward(Context context, Tensor dmap, Tensor dskip)
        {
            Tensor sum = halve?.Backward(context, dmap) ?? dmap;
            ElementwiseOp.AddInPlace(context.Stream, sum, dskip);
            return BackThroughBlocks(context, sum);
        }
    }

    // A level on the way up: joined with what was kept on the way down, blocks, then a transposed convolution that doubles the map.
    sealed class Up : Level
    {
        readonly Concatenate join;
        readonly ConvTranspose2d? twice;

        public Up(int channels, int next, UNetSizes sizes)
            : base(2 * channels, channels, sizes)
        {
            join = Compose("join", new Concatenate());
            twice = next == 0 ? null : Compose("twice", new ConvTranspose2d(channels, next, kernel: 4, stride: 2, padding: 1));
        }

        public Tensor Forward(Context context, Tensor map, Tensor skip, Tensor condition)
        {
            map = RunBlocks(context, join.Forward(context, map, skip), condition);
            return twice?.Forward(context, map) ?? map;
        }

        public (Tensor Map, Tensor Skip, Tensor Condition) Backward(Context context, Tensor dmap)
        {
            (Tensor djoined, Tensor dcondition) = BackThroughBlocks(context, twice?.Backward(context, dmap) ?? dmap);
            Tensor[] parts = join.Backward(context, djoined);
            return (parts[0], parts[1], dcondition);
        }
    }
}
