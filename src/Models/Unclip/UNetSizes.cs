namespace Dalle2.Models.Unclip;

/// <summary>The sizes of a <see cref="UNet"/>.</summary>
public sealed record UNetSizes
{
    /// <summary>Channels of what it is given, for each pixel.</summary>
    public int Inputs { get; init; } = 3;

    /// <summary>Channels of each level, over patches of 2 x 2 pixels; all but the first halve the map.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>Residual blocks of a level, on either way.</summary>
    public required int Blocks { get; init; }

    /// <summary>Features of the condition, an even number.</summary>
    public required int Conditions { get; init; }

    /// <summary>Whether levels compute their maps again on the way back, in place of keeping them (gradient checkpointing: Chen et al., 2016, arXiv 1604.06174): less memory, more time, the same bits.</summary>
    public bool Checkpoints { get; init; }

    /// <summary>What is global in it; null for a local network, which takes pictures of any side.</summary>
    public GlobalSizes? Global { get; init; }

    /// <summary>What ties a network to one side of pictures and to an embedding.</summary>
    /// <param name="Side">The side of the square pictures, in pixels.</param>
    /// <param name="Embedding">Features of an embedding.</param>
    /// <param name="Heads">Heads of the attention.</param>
    public sealed record GlobalSizes(int Side, int Embedding, int Heads);
}
