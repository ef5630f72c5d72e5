namespace Dalle2.Gpu.Extensions;

/// <summary>
/// One thread's part of the left side of <see cref="Matrix"/>'s products. With g = lane / 4 and t = lane % 4, row and k of what each word holds:
/// TensorFloat-32, one number a word: (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4). Bfloat16, two numbers a word, k and k + 1, the lower bits first:
/// (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8).
/// </summary>
/// <param name="First">Row g, the first half of k.</param>
/// <param name="Second">Row g + 8, the first half of k.</param>
/// <param name="Third">Row g, the second half of k.</param>
/// <param name="Fourth">Row g + 8, the second half of k.</param>
public readonly record struct MatrixLeft(uint First, uint Second, uint Third, uint Fourth);
