namespace Dalle2.Gpu.Runtime;

/// <summary>What the two sides of a product of matrices are rounded to before they are multiplied. Sums are floats, and so is everything else but for what layers keep in bfloat16 between them.</summary>
public enum Precision
{
    /// <summary>They are not rounded: the same bits on each device.</summary>
    Float32,

    /// <summary>TensorFloat-32, 10 bits of mantissa: each factor within 2^-11 of itself.</summary>
    Tf32,

    /// <summary>Bfloat16, 7 bits of mantissa: each factor within 2^-8 of itself.</summary>
    Bf16,
}
