namespace Dalle2.Gpu.Extensions;

/// <summary>
/// One thread's part of four blocks of 8 rows of 4 floats (<see cref="Matrix.LoadRows"/>): with g = lane / 4 and t = lane % 4, of each block the bits of column t of row g.
/// </summary>
/// <param name="First">Of the rows that lanes 0 to 7 point to.</param>
/// <param name="Second">Of those of lanes 8 to 15.</param>
/// <param name="Third">Of those of lanes 16 to 23.</param>
/// <param name="Fourth">Of those of lanes 24 to 31.</param>
public readonly record struct MatrixRows(uint First, uint Second, uint Third, uint Fourth);
