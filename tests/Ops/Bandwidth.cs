namespace Dalle2.Ops;

/// <summary>What memory of an extent gives, in 10^9 bytes a second, read and written.</summary>
/// <param name="Bytes">The extent, of all threads together.</param>
/// <param name="Copy">From one half to the other. What is written is mostly read first by the hardware, which does not count.</param>
/// <param name="Update">In place: what is written was read before.</param>
/// <param name="Read">Reading alone.</param>
public sealed record Bandwidth(long Bytes, double Copy, double Update, double Read)
{
    /// <summary>The fastest of the three.</summary>
    public double Fastest => Math.Max(Copy, Math.Max(Update, Read));
}
