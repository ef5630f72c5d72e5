namespace Dalle2.Gpu.Dialect;

/// <summary>One thread's part of the sums of <see cref="Matrix"/>'s products. With g = lane / 4 and t = lane % 4, row and column: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).</summary>
public readonly struct MatrixSums(float first, float second, float third, float fourth)
{
    /// <summary>Row g, column 2t.</summary>
    public readonly float First = first;

    /// <summary>Row g, column 2t + 1.</summary>
    public readonly float Second = second;

    /// <summary>Row g + 8, column 2t.</summary>
    public readonly float Third = third;

    /// <summary>Row g + 8, column 2t + 1.</summary>
    public readonly float Fourth = fourth;
}
