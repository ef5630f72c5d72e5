namespace Dalle2.Tensors;

/// <summary>What a tensor's elements are kept in.</summary>
public enum ElementType
{
    /// <summary>Floats of 32 bits.</summary>
    Float32,

    /// <summary>Floats of 16 bits: 8 of exponent, 7 of mantissa. Two neighbors share a word of 32 bits, the first its lower half.</summary>
    BFloat16,
}
