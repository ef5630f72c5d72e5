using Dalle2.Models.Parts;

namespace Dalle2.Models.Unclip;

/// <summary>
/// All parts of the unCLIP model (Ramesh et al., 2022, arXiv 2204.06125) with the memory of their parameters, one store each, so that a stage trains some and leaves the others alone.
/// </summary>
public sealed class UnclipModel : IDisposable
{
    readonly List<ParameterStore> stores = [];

    /// <summary>A model with fresh parameters.</summary>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="seed">Decides the first values; null leaves zeros.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public UnclipModel(Device device, UnclipArchitecture sizes, ulong? seed)
    {
        sizes.Validate();
        Sizes = sizes;
        CaptionEncoder text = sizes.TextLayers == 0
            ? new TextEncoder(sizes.Vocabulary, sizes.WordFeatures, sizes.TextFeatures, sizes.Cell)
            : new TransformerTextEncoder(sizes.Vocabulary, sizes.MostWords, sizes.TextFeatures, sizes.TextLayers, sizes.TextHeads);
        TextEncoder = Add(device, "text", text, seed);
        ImageEncoder = Add(device, "image", new ResidualEncoder(sizes.DecoderSide, sizes.EncoderChannels), seed);
        Contrast = Add(device, "contrast", new ContrastiveHead(sizes.TextFeatures, ImageEncoder.Features, sizes.Embedding), seed);
        Clip = new ContrastiveModel(TextEncoder, ImageEncoder, Contrast);
        Prior = Add(device, "prior", CreatePrior(sizes), seed);
        Decoder = Add(device, "decoder", new UNet(new UNetSizes
        {
            Channels = sizes.DecoderChannels,
            Blocks = sizes.DecoderBlocks,
            Conditions = sizes.DecoderConditions,
            Checkpoints = sizes.GradientCheckpointing,
            Global = new(sizes.DecoderSide, sizes.Embedding, sizes.DecoderHeads),
        }), seed);
        Upsamplers =
        [
            .. Enumerable.Range(1, sizes.Upsamplers).Select(i => Add(device, $"upsampler{i}", new UNet(new UNetSizes
            {
                Inputs = 2 * 3,
                Channels = sizes.UpsamplerChannels,
                Blocks = sizes.UpsamplerBlocks,
                Conditions = sizes.UpsamplerConditions,
                Checkpoints = sizes.GradientCheckpointing,
            }), seed)),
        ];
    }

    /// <summary>The sizes.</summary>
    public UnclipArchitecture Sizes { get; }

    /// <summary>CLIP's captions to features.</summary>
    public CaptionEncoder TextEncoder { get; }

    /// <summary>CLIP's pictures to features.</summary>
    public ResidualEncoder ImageEncoder { get; }

    /// <summary>The space that captions and pictures share.</summary>
    public ContrastiveHead Contrast { get; }

    /// <summary>All three: CLIP.</summary>
    public ContrastiveModel Clip { get; }

    /// <summary>Image embeddings from captions: a <see cref="PriorNetwork"/> or a <see cref="CodePriorNetwork"/>.</summary>
    public Layer Prior { get; }

    /// <summary>Takes noise off pictures, knowing the image's embedding.</summary>
    public UNet Decoder { get; }

    /// <summary>Take noise off pictures, knowing those of half the side; the first one's are the decoder's.</summary>
    public IReadOnlyList<UNet> Upsamplers { get; }

    /// <summary>The memory of all parts.</summary>
    public IReadOnlyList<ParameterStore> Stores => stores;

    /// <summary>The memory of some parts.</summary>
    public IReadOnlyList<ParameterStore> StoresOf(params Layer[] parts) =>
        [.. parts.Select(part => stores.Single(store => store.Root == part))];

    /// <summary>What the frozen CLIP makes of pictures, as the decoder is told it: unit vectors times the square root of their length, <c>[B, embedding]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="pictures">Pictures in [0, 1], <c>[B, side, side, 3]</c>, of <see cref="UnclipArchitecture.ImageSide"/>.</param>
    /// <param name="dropped">Of each, whether it gets zeros in place of its embedding: 1 for yes, <c>[B]</c>.</param>
    public Tensor EmbedImages(Context context, Tensor pictures, IntTensor dropped)
    {
        using (context.Inference())
        {
            Tensor own = Clip.EmbedImages(context, Reduce(context, pictures)), kept = context.Zeros(own.Rows, own.Cols);
            ElementwiseOp.Scale(context.Stream, own, MathF.Sqrt(own.Cols), own);
            MaskedCopyOp.CopyUnmasked(context.Stream, own, dropped, kept);
            return kept;
        }
    }

    /// <summary>Pictures at the side that CLIP sees and the decoder draws.</summary>
    /// <param name="context">The step.</param>
    /// <param name="pictures">Pictures, <c>[B, side, side, 3]</c>, of <see cref="UnclipArchitecture.ImageSide"/>.</param>
    public Tensor Reduce(Context context, Tensor pictures) => Reduce(context, pictures, 1 << Sizes.Upsamplers);

    /// <summary>Means over squares of pixels.</summary>
    /// <param name="context">The step.</param>
    /// <param name="pictures">Pictures, <c>[B, side, side, 3]</c>.</param>
    /// <param name="factor">The side of a square; of 1 they are given back.</param>
    public static Tensor Reduce(Context context, Tensor pictures, int factor)
    {
        if (factor == 1)
            return pictures;
        Tensor small = context.Allocate(pictures.Shape.With(1, pictures.Shape[1] / factor).With(2, pictures.Shape[2] / factor));
        AveragePoolOp.Forward(context.Stream, pictures, small, factor);
        return small;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ParameterStore store in stores)
            store.Dispose();
    }

    static Layer CreatePrior(UnclipArchitecture sizes) => sizes.Prior switch
    {
        PriorKind.Perceptron => new PriorPerceptron(sizes.Embedding, sizes.PriorWidth, sizes.PriorBlocks),
        PriorKind.Transformer => new PriorTransformer(
            sizes.Embedding, sizes.MostWords, sizes.TextFeatures, sizes.PriorWidth, sizes.PriorBlocks, sizes.PriorHeads),
        PriorKind.Autoregressive => new CodePriorNetwork(
            sizes.Embedding, sizes.PriorComponents, sizes.PriorBuckets, sizes.PriorWidth, sizes.PriorBlocks, sizes.PriorHeads),
        _ => throw new ArgumentOutOfRangeException(nameof(sizes), sizes.Prior, "there is no such prior"),
    };

    T Add<T>(Device device, string name, T part, ulong? seed)
        where T : Layer
    {
        stores.Add(new ParameterStore(device, name, part, seed));
        return part;
    }
}
