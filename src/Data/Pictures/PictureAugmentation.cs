namespace Dalle2.Data.Pictures;

/// <summary>
/// How the pictures of a small set are varied while training, so that the model does not learn them by heart. Off by default.
/// Everything is a pure function of (seed, step, sample): a resumed run sees the same pictures, on each machine.
/// </summary>
public sealed record PictureAugmentation
{
    // Keeps these numbers away from those that generate pictures under the same seed.
    const ulong Stream = 0x6175676D656E7400;

    /// <summary>Pictures move by up to so many pixels, each way alike; the padding of a padded picture is what moves out of sight. 0
    /// leaves them in place.</summary>
    public int Shift { get; init; }

    /// <summary>Values are multiplied by 1 - this to 1 + this. 0 leaves them.</summary>
    public float Brightness { get; init; }

    /// <summary>Half of the pictures are mirrored. Off unless asked for: captions say left and right, and letters do not bear it.</summary>
    public bool Mirror { get; init; }

    /// <summary>Whether pictures stay as they are.</summary>
    public bool IsOff => Shift == 0 && Brightness == 0 && !Mirror;

    /// <summary>Refuses what makes no sense for pictures of this side.</summary>
    /// <exception cref="UserInputException">A value is out of range; the message says which and what it may be.</exception>
    public void Validate(int side)
    {
        if (Shift < 0 || Shift > side / 2)
            throw new UserInputException($"pictures of {side} x {side} cannot move by {Shift} pixels; 0 to {side / 2} can be chosen");
        if (!(Brightness is >= 0 and < 1))
            throw new UserInputException($"a brightness that varies by {Brightness} makes no sense; choose 0 up to below 1, such as 0.1");
    }

    /// <summary>How the sample is varied in a step.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The step, so that a sample differs each time it comes.</param>
    /// <param name="sample">The sample's index in its split.</param>
    public PictureVariation Draw(ulong seed, long step, int sample)
    {
        var random = new CounterHash(seed ^ Stream, (ulong)step, (ulong)sample);
        return new PictureVariation(
            random.Below(0, 2 * Shift + 1) - Shift,
            random.Below(1, 2 * Shift + 1) - Shift,
            Mirror && random.Below(2, 2) == 1,
            Brightness == 0 ? 1 : (float)(1 + Brightness * (2 * random.Uniform(3) - 1)));
    }
}
