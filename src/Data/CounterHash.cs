namespace Dalle2.Data;

/// <summary>
/// Random numbers of generated and varied pictures as a pure function of (seed, stream, sample, draw): the finalizer of SplitMix64
/// (Steele, Lea, Flood 2014) folded over the four. Models draw from Philox.
/// </summary>
readonly struct CounterHash(ulong seed, ulong stream, ulong sample)
{
    readonly ulong key = Mix(Mix(Mix(seed) + stream) + sample);

    /// <summary>Draw number <paramref name="draw"/>, uniform in [0, 1).</summary>
    public double Uniform(uint draw) => (Mix(key + draw) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Draw number <paramref name="draw"/>, uniform in [0, count).</summary>
    public int Below(uint draw, int count) => (int)(Uniform(draw) * count);

    static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
