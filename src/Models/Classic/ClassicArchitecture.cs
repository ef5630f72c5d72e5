using Dalle2.Models.Parts;

namespace Dalle2.Models.Classic;

/// <summary>The sizes of the classic model: text encoder, convolutional image encoder, decoder through transposed convolutions.</summary>
public sealed record ClassicArchitecture
{
    /// <summary>Words of the vocabulary, special ones included.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The side of the square pictures, in pixels.</summary>
    public required int ImageSide { get; init; }

    /// <summary>Features of a word vector.</summary>
    public required int WordFeatures { get; init; }

    /// <summary>Features of an encoded caption.</summary>
    public required int TextFeatures { get; init; }

    /// <summary>The recurrent cell of text encoder and text decoder.</summary>
    public required RecurrentCell Cell { get; init; }

    /// <summary>Channels after each convolution of the image encoder; each halves the picture.</summary>
    public required IReadOnlyList<int> EncoderChannels { get; init; }

    /// <summary>Channels before each transposed convolution of the decoder; each doubles the picture.</summary>
    public required IReadOnlyList<int> DecoderChannels { get; init; }

    /// <summary>Numbers of the latent.</summary>
    public required int Latent { get; init; }

    /// <summary>Features of the space that captions and pictures share.</summary>
    public required int JointFeatures { get; init; }

    /// <summary>Checks that the sizes fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message says which and why.</exception>
    public void Validate()
    {
        foreach (var (name, value) in new[]
        {
            ("vocabulary", Vocabulary), ("imageSide", ImageSide), ("wordFeatures", WordFeatures), ("textFeatures", TextFeatures),
            ("latent", Latent), ("jointFeatures", JointFeatures),
        })
        {
            if (value < 1)
                throw new ArgumentException($"{name} is {value}, it must be at least 1");
        }

        RequireHalvings("encoderChannels", EncoderChannels);
        RequireHalvings("decoderChannels", DecoderChannels);
    }

    void RequireHalvings(string name, IReadOnlyList<int> channels)
    {
        if (channels.Count is 0 or > 10 || channels.Any(c => c < 1))
            throw new ArgumentException($"{name} is [{string.Join(", ", channels)}]: give between one and ten positive numbers");
        if (ImageSide % (1 << channels.Count) != 0)
        {
            throw new ArgumentException($"imageSide {ImageSide} cannot be halved {channels.Count} times, once for each of {name} ["
                + $"{string.Join(", ", channels)}]; take a multiple of {1 << channels.Count}");
        }
    }
}
