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
    /// <param name="seed">Decides the first values.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public UnclipModel(Device device, UnclipArchitecture sizes, ulong seed)
    {
        sizes.Validate();
        Sizes = sizes;
        CaptionEncoder text = sizes.TextLayers == 0
            ? new TextEncoder(sizes.Vocabulary, sizes.WordFeatures, sizes.TextFeatures, sizes.Cell)
            : new TransformerTextEncoder(sizes.Vocabulary, sizes.MostWords, sizes.TextFeatures, sizes.TextLayers, sizes.TextHeads);
        TextEncoder = Add(device, "text", text, seed);
        ImageEncoder = Add(device, "image", new ResidualEncoder(sizes.ImageSide, sizes.EncoderChannels), seed);
        Contrast = Add(device, "contrast", new ContrastiveHead(sizes.TextFeatures, ImageEncoder.Features, sizes.Embedding), seed);
        Clip = new ContrastiveModel(TextEncoder, ImageEncoder, Contrast);
        Prior = Add(device, "prior", new PriorNetwork(sizes.Embedding, sizes.PriorWidth, sizes.PriorBlocks), seed);
        Decoder = Add(device, "decoder",
            new UNet(sizes.ImageSide, sizes.DecoderChannels, sizes.DecoderBlocks, sizes.DecoderConditions, sizes.DecoderHeads,
                sizes.Embedding), seed);
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

    /// <summary>Takes noise off image embeddings, knowing the caption's.</summary>
    public PriorNetwork Prior { get; }

    /// <summary>Takes noise off pictures, knowing the image's embedding.</summary>
    public UNet Decoder { get; }

    /// <summary>The memory of all parts.</summary>
    public IReadOnlyList<ParameterStore> Stores => stores;

    /// <summary>The memory of some parts.</summary>
    public IReadOnlyList<ParameterStore> StoresOf(params Layer[] parts) =>
        [.. parts.Select(part => stores.Single(store => store.Root == part))];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ParameterStore store in stores)
            store.Dispose();
    }

    T Add<T>(Device device, string name, T part, ulong seed)
        where T : Layer
    {
        stores.Add(new ParameterStore(device, name, part, seed));
        return part;
    }
}
