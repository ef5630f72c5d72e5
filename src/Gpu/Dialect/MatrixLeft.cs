namespace Dalle2.Gpu.Dialect;

/// <summary>
/// One thread's part of the left side of <see cref="Matrix"/>'s products. With g = lane / 4 and t = lane % 4, row and k of what each word holds:
/// TensorFloat-32, one number a word: (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4). Bfloat16, two numbers a word, k and k + 1, the lower bits first:
/// (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8).
/// </summary>
public readonly struct MatrixLeft(uint first, uint second, uint third, uint fourth)
{
    /// <summary>Row g, the first half of k.</summary>
    public readonly uint First = first;

    /// <summary>Row g + 8, the first half of k.</summary>
    public readonly uint Second = second;

    /// <summary>Row g, the second half of k.</summary>
    public readonly uint Third = third;

    /// <summary>Row g + 8, the second half of k.</summary>
    public readonly uint Fourth = fourth;
}
