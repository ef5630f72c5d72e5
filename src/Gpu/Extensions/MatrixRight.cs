namespace Dalle2.Gpu.Extensions;

/// <summary>
/// One thread's part of the right side of <see cref="Matrix"/>'s products. With g = lane / 4 and t = lane % 4, k and column of what each word holds:
/// TensorFloat-32, one number a word: (t, g), (t + 4, g). Bfloat16, two numbers a word, k and k + 1, the lower bits first: (2t, g), (2t + 8, g).
/// </summary>
/// <param name="First">The first half of k.</param>
/// <param name="Second">The second half of k.</param>
public readonly record struct MatrixRight(uint First, uint Second);
