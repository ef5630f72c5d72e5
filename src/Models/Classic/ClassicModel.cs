using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>
/// All parts of the classic model with the memory of their parameters, one store each, so that a stage trains some and leaves the others alone.
/// </summary>
public sealed class ClassicModel : IDisposable
{
    readonly List<ParameterStore> stores = [];

    /// <summary>A model with fresh parameters.</summary>
    /// <param name="device">Where the parameters live.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="seed">Decides the first values; null leaves zeros.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public ClassicModel(Device device, ClassicArchitecture sizes, ulong? seed)
    {
        sizes.Validate();
        Sizes = sizes;
        TextEncoder = Add(device, "text", new TextEncoder(sizes.Vocabulary, sizes.WordFeatures, sizes.TextFeatures, sizes.Cell), seed);
        CaptionDecoder = Add(device, "caption", new CaptionDecoder(sizes.Vocabulary, sizes.WordFeatures, sizes.TextFeatures, sizes.Cell),
            seed);
        ImageEncoder = Add(device, "image", new ImageEncoder(sizes.ImageSide, sizes.EncoderChannels), seed);
        ImageLatent = Add(device, "imageLatent", new GaussianHead(ImageEncoder.Features, sizes.Latent), seed);
        ImageReconstructor = Add(device, "reconstructor",
            new ImageDecoder(sizes.ImageSide, sizes.DecoderChannels, sizes.Latent, sizes.Latent), seed);
        Contrast = Add(device, "contrast", new ContrastiveHead(sizes.TextFeatures, ImageEncoder.Features, sizes.JointFeatures), seed);
        Joint = new ContrastiveModel(TextEncoder, ImageEncoder, Contrast);
        Posterior = Add(device, "posterior", new GaussianHead(ImageEncoder.Features + sizes.TextFeatures, sizes.Latent), seed);
        Prior = Add(device, "prior", new TextPrior(sizes.TextFeatures, sizes.Latent), seed);
        Decoder = Add(device, "decoder", new ImageDecoder(sizes.ImageSide, sizes.DecoderChannels, sizes.TextFeatures + sizes.Latent,
            sizes.TextFeatures), seed);
    }

    /// <summary>The sizes.</summary>
    public ClassicArchitecture Sizes { get; }

    /// <summary>Captions to vectors.</summary>
    public TextEncoder TextEncoder { get; }

    /// <summary>Vectors back to captions; used in the text stage alone.</summary>
    public CaptionDecoder CaptionDecoder { get; }

    /// <summary>Pictures to features.</summary>
    public ImageEncoder ImageEncoder { get; }

    /// <summary>Features to the latent of the autoencoder; used in the image stage alone.</summary>
    public GaussianHead ImageLatent { get; }

    /// <summary>Latents back to pictures; used in the image stage, and the start of the decoder's convolutions.</summary>
    public ImageDecoder ImageReconstructor { get; }

    /// <summary>The space that captions and pictures share.</summary>
    public ContrastiveHead Contrast { get; }

    /// <summary>Both encoders with it: the joint stage.</summary>
    public ContrastiveModel Joint { get; }

    /// <summary>q(z | picture, text).</summary>
    public GaussianHead Posterior { get; }

    /// <summary>p(z | text).</summary>
    public TextPrior Prior { get; }

    /// <summary>[text, z] to a picture, conditioned on the text at every level.</summary>
    public ImageDecoder Decoder { get; }

    /// <summary>The memory of all parts.</summary>
    public IReadOnlyList<ParameterStore> Stores => stores;

    /// <summary>The memory of some parts.</summary>
    public IReadOnlyList<ParameterStore> StoresOf(params Layer[] parts) =>
        [.. parts.Select(part => stores.Single(store => store.Root == part))];

    /// <summary>Numbers that training changes, of all parts.</summary>
    public long TrainableCount => stores.Sum(store => store.TrainableCount);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ParameterStore store in stores)
            store.Dispose();
    }

    T Add<T>(Device device, string name, T part, ulong? seed)
        where T : Layer
    {
        stores.Add(new ParameterStore(device, name, part, seed));
        return part;
    }
}
