// Matrices with rows and columns exchanged:  y[b, j, i] = x[b, i, j]          x [count, rows, cols]   y [count, cols, rows]   (written, =)
// Memory is read and written along its rows: squares of as many rows and columns as a group has threads are turned by shuffles, or, on cards, squares of 32 in shared memory.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The transposition of matrices: worth it where a matrix is multiplied by several times.</summary>
public static class TransposeOp
{
    // Rows and columns of a square in shared memory, and how many of its rows the group's threads take at once.
    const int Square = 32, Lines = 8;

    // From one of its rows to the next: a column lies in 32 different banks.
    const int Pitch = Square + 1;

    /// <summary>Exchanges rows and columns.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x"><c>[rows, cols]</c>, all dimensions but the last taken together.</param>
    /// <param name="y"><c>[cols, rows]</c>, written.</param>
    /// <exception cref="ArgumentException">The extents differ.</exception>
    public static void Transpose(Stream stream, Tensor x, Tensor y)
    {
        if (x.Rows != y.Cols || x.Cols != y.Rows)
            throw new ArgumentException($"{x.Shape} is not {y.Shape} with rows and columns exchanged");
        Transpose(stream, x.View, y.View, 1, x.Rows, x.Cols);
    }

    internal static void Transpose(Stream stream, ArrayView<float> x, ArrayView<float> y, int count, int rows, int cols)
    {
        HardwareProperties device = stream.Device.Properties;
        if (device.HoldsManyThreads && device.MaxGroupThreads >= Square * Lines)
        {
            stream.Launch(
                SquareKernel,
                new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(cols, Square), IntrinsicMath.DivRoundUp(rows, Square), count),
                new Index3D(Square * Lines, 1, 1)),
                x, y, rows, cols);
            return;
        }

        int threads = RegisterTile.Threads(stream.Device);
        stream.Launch(
            TransposeKernel,
            new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(cols, threads), IntrinsicMath.DivRoundUp(rows, threads), count),
            new Index3D(threads, 1, 1)),
            x, y, rows, cols);
    }

    // One group per square.
    static void TransposeKernel(ArrayView<float> x, ArrayView<float> y, int rows, int cols)
    {
        int thread = Group.IdxX, row = Grid.IdxY * Group.DimX, col = Grid.IdxX * Group.DimX, start = Grid.IdxZ * rows * cols;
        int height = IntrinsicMath.Min(Group.DimX, rows - row), width = IntrinsicMath.Min(Group.DimX, cols - col);
        int from = start + row * cols + col + thread, to = start + col * rows + row + thread;
        ArrayView<float> square = LocalMemory.Allocate<float>(RegisterTile.MaxThreads);
        if (height == Group.DimX && width == Group.DimX)
        {
            for (int i = 0; i < Group.DimX; i++)
                square[i] = x[from + i * cols];
            Turn(square);
            for (int i = 0; i < Group.DimX; i++)
                y[to + i * rows] = square[i];
            return;
        }

        for (int i = 0; i < Group.DimX; i++)
            square[i] = i < height && thread < width ? x[from + i * cols] : 0f;
        Turn(square);
        for (int i = 0; i < Group.DimX; i++)
        {
            if (i < width && thread < height)
                y[to + i * rows] = square[i];
        }
    }

    // One group per square, a warp per row of it.
    static void SquareKernel(ArrayView<float> x, ArrayView<float> y, int rows, int cols)
    {
        ArrayView<float> square = SharedMemory.Allocate<float>(Square * Pitch);
        int lane = Group.IdxX % Square, line = Group.IdxX / Square, start = Grid.IdxZ * rows * cols, row = Grid.IdxY * Square,
            col = Grid.IdxX * Square;
        for (int i = line; i < Square; i += Lines)
        {
            if (row + i < rows && col + lane < cols)
                square[i * Pitch + lane] = x[start + (row + i) * cols + col + lane];
        }

        Group.Barrier();
        for (int i = line; i < Square; i += Lines)
        {
            if (col + i < cols && row + lane < rows)
                y[start + (col + i) * rows + row + lane] = square[lane * Pitch + i];
        }
    }

    /// <summary>
    /// Row i of a square of as many rows as the group has threads, one value a thread, becomes column i: halves, quarters and so on change places across the diagonal.
    /// </summary>
    internal static void Turn(ArrayView<float> square)
    {
        for (int half = 1; half < Group.DimX; half *= 2)
        {
            bool isUpper = (Group.IdxX & half) != 0;
            for (int i = 0; i < Group.DimX; i++)
            {
                if ((i & half) != 0)
                    continue;
                float low = square[i], high = square[i + half], other = Warp.ShuffleXor(isUpper ? low : high, half);
                square[i] = isUpper ? other : low;
                square[i + half] = isUpper ? high : other;
            }
        }
    }
}
