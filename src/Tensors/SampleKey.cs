namespace Dalle2.Tensors;

/// <summary>Names a random tensor of samples that have numbers: what a sample draws is a pure function of the key and its own number, whichever others it is computed with.</summary>
/// <param name="Key">The key; the step is left to the number.</param>
/// <param name="Numbers">The number of each sample, 0 or more.</param>
public readonly record struct SampleKey(RandomKey Key, IntTensor Numbers)
{
    /// <summary>Bits of a key's step that hold a sample's number; those above are left to who draws several times for it.</summary>
    public const int NumberBits = 32;

    /// <summary>Another random tensor of the same samples.</summary>
    public SampleKey Named(string tensor) => this with { Key = RandomKey.Named(Key.Seed, 0, tensor) };

    /// <summary>The key of one sample; for kernels.</summary>
    /// <param name="key">That of all.</param>
    /// <param name="number">The sample's number.</param>
    /// <param name="drawing">How many times it has drawn before.</param>
    public static RandomKey Of(RandomKey key, int number, int drawing) =>
        new(key.Seed, ((ulong)(uint)drawing << NumberBits) | (uint)number, key.Tensor);
}
