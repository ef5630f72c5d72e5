namespace Dalle2.Gpu.Extensions;

/// <summary>One thread's part of the sums of <see cref="Matrix"/>'s products. With g = lane / 4 and t = lane % 4:</summary>
/// <param name="First">Row g, column 2t.</param>
/// <param name="Second">Row g, column 2t + 1.</param>
/// <param name="Third">Row g + 8, column 2t.</param>
/// <param name="Fourth">Row g + 8, column 2t + 1.</param>
public readonly record struct MatrixSums(float First, float Second, float Third, float Fourth);
