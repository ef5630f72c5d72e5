namespace Dalle2.Training.Drawing;

/// <summary>A picture that drawings come from: all of it, through the noise that DDIM inversion finds behind it; or, with a mask, what stays of it.</summary>
/// <param name="Pixels"><c>[side, side, 3]</c> in [0, 1].</param>
/// <param name="Mask"><c>[side, side]</c>: what is to be drawn; null where the whole picture is taken for its noise.</param>
/// <param name="Resamplings">With a mask: how many times each step is taken.</param>
public sealed record SourcePicture(float[] Pixels, bool[]? Mask = null, int Resamplings = 1)
{
    /// <summary>A drawing with the pixels that stay exactly as they were.</summary>
    /// <param name="drawn"><c>[side, side, 3]</c>.</param>
    public float[] Composite(float[] drawn) =>
        Mask is { } mask ? [.. drawn.Select((value, i) => mask[i / 3] ? value : Pixels[i])] : drawn;
}
