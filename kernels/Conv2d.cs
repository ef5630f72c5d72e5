// Convolution (cross-correlation) of NHWC images:
//   y[n, oy, ox, k] = sum over r, s, c of x[n, oy stride - padding + r dilation, ox stride - padding + s dilation, c] * w[r, s, c, k]
//   x, dx [batch, height, width, C]   w, dw [R, S, C, K]   y, dy [batch, outHeight, outWidth, K]; outside of the image x is 0
// Forward:         y  =  the sum, r, s and c rising, fused multiply-adds from zero
// Input gradient:  dx[n, iy, ix, c] = sum over r, s, k of dy[n, oy, ox, k] * w[r, s, c, k], where oy stride - padding + r dilation = iy, likewise ox
//   the adjoint of Forward, and so the forward pass of the transposed convolution, whose input is dy and whose output is dx
// Weight gradient: dw += sum over n, oy, ox of x[...] * dy[n, oy, ox, k], n, oy and ox rising, fused multiply-adds from what dw held
// All three are matrix products whose left side is gathered from the images as it is needed (implicit GEMM). With dilation 1 the taps of one row
// of the kernel lie side by side in the image, channels and all: such a stretch of values is called a run.

namespace Dalle2.Kernels;

/// <summary>Two-dimensional convolution and its two gradients, which serve the transposed convolution too.</summary>
public static class Conv2dOp
{
    // Tiles of pixels, one behind the other, that share what a group copies of the weights. Transposed weights cost more to copy.
    const int ForwardTiles = 8;
    const int InputTiles = 16;
    const int WeightTiles = 8;

    /// <summary><c>y = x * w</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Images <c>[batch, height, width, C]</c>.</param>
    /// <param name="w">Weights <c>[R, S, C, K]</c>.</param>
    /// <param name="y">Written, <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor w, Tensor y, ConvolutionWindow window)
    {
        var s = ConvolutionShape.Of(x, w, y, window);
        int pixels = checked(s.Batch * s.OutHeight * s.OutWidth);
        stream.Launch(ForwardKernel, RegisterTile.Groups(stream, s.K, pixels, ForwardTiles), x.View, w.View, y.View, s);
    }

    /// <summary>The gradient of the input, or the forward pass of the transposed convolution.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="w">Weights <c>[R, S, C, K]</c>.</param>
    /// <param name="dx">Written, <c>[batch, height, width, C]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void InputGradient(Stream stream, Tensor dy, Tensor w, Tensor dx, ConvolutionWindow window)
    {
        var s = ConvolutionShape.Of(dx, w, dy, window);
        // Pixels that are a stride apart meet the same taps: each such phase is a product of its own.
        int pixels = checked(s.Batch * IntrinsicMath.DivRoundUp(s.Height, s.StrideY) * IntrinsicMath.DivRoundUp(s.Width, s.StrideX));
        stream.Launch(InputGradientKernel, RegisterTile.Groups(stream, s.C, pixels, InputTiles, s.StrideY * s.StrideX), dy.View, w.View, dx.View, s);
    }

    /// <summary>Adds the gradient of the weights.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Images <c>[batch, height, width, C]</c>.</param>
    /// <param name="dy">The output's gradient <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="dw">Added to, <c>[R, S, C, K]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void WeightGradient(Stream stream, Tensor x, Tensor dy, Tensor dw, ConvolutionWindow window)
    {
        var s = ConvolutionShape.Of(x, dw, dy, window);
        // Rows of the product are the values of a run, channel by channel.
        int taps = s.RunTaps, runs = s.R * s.S / taps;
        stream.Launch(WeightGradientKernel, RegisterTile.Groups(stream, s.K, taps * s.C, WeightTiles, runs), x.View, dy.View, dw.View, s);
    }

    // One group per two output channels a thread and 96 output pixels. A piece of the sum is as many whole runs as fit, or a part of one.
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s)
    {
        ArrayView<float> right = SharedMemory.Allocate<float>(RegisterTile.RightLength), left = SharedMemory.Allocate<float>(RegisterTile.LeftLength);
        int col = Grid.IdxX * RegisterTile.Columns, pixels = s.Batch * s.OutHeight * s.OutWidth;
        int first = Grid.IdxY * (RegisterTile.Rows * ForwardTiles), end = IntrinsicMath.Min(first + RegisterTile.Rows * ForwardTiles, pixels);
        int taps = s.RunTaps, run = taps * s.C, runs = s.R * s.S / taps, whole = IntrinsicMath.Max(1, RegisterTile.Depth / run);
        for (int q = 0; q < runs; q += whole)
        {
            for (int part = 0; part < run; part += RegisterTile.Depth)
            {
                int count = IntrinsicMath.Min(whole, runs - q), length = IntrinsicMath.Min(RegisterTile.Depth, run - part);
                Group.Barrier();
                RegisterTile.CopyRight(right, w, (q * run + part) * s.K, s.K, count * length, col, s.K);
                for (int pixel = first; pixel < end; pixel += RegisterTile.Rows)
                {
                    ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                    for (int i = 0; i < RegisterTile.Rows; i++)
                        rows[i] = IntrinsicMath.Min(pixel + i, pixels - 1) * s.K;
                    Group.Barrier();
                    CopyRuns(x, left, s, pixel, pixels, q, count, part, length);
                    Group.Barrier();
                    ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                    RegisterTile.Begin(sums, y, rows, col + Group.IdxX, s.K, q == 0 && part == 0);
                    RegisterTile.Add(sums, left, RegisterTile.Depth, 1, right, count * length);
                    RegisterTile.End(sums, y, rows, pixels - pixel, col + Group.IdxX, s.K);
                }
            }
        }
    }

    // For each pixel of a tile, what lies under the kernel: runs q to q + count, of each the values from part on. Outside of the image are zeros.
    static void CopyRuns(ArrayView<float> x, ArrayView<float> left, ConvolutionShape s, int pixel, int pixels, int q, int count, int part, int length)
    {
        int ox = pixel % s.OutWidth, row = pixel / s.OutWidth;
        int oy = row % s.OutHeight, image = row / s.OutHeight * s.Height;
        int taps = s.RunTaps, line = s.Width * s.C;
        for (int i = 0; i < RegisterTile.Rows; i++)
        {
            for (int c = 0; c < count; c++)
            {
                int tap = (q + c) * taps;
                int iy = oy * s.StrideY - s.PaddingY + tap / s.S * s.DilationY, ix = ox * s.StrideX - s.PaddingX + tap % s.S * s.DilationX;
                int lineStart = (image + iy) * line, lineEnd = iy >= 0 && iy < s.Height ? lineStart + line : lineStart;
                RegisterTile.CopyRun(left, i * RegisterTile.Depth + c * length, x, lineStart + ix * s.C + part, length, lineStart, lineEnd);
            }

            // The last pixel stands for those behind it.
            if (pixel + i + 1 < pixels)
            {
                ox++;
                if (ox == s.OutWidth)
                {
                    ox = 0;
                    oy++;
                }

                if (oy == s.OutHeight)
                {
                    oy = 0;
                    image += s.Height;
                }
            }
        }
    }

    // One group per two input channels a thread and 192 input pixels of one phase. A piece of the sum is one tap's output channels, or a part of them.
    static void InputGradientKernel(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s)
    {
        ArrayView<float> right = SharedMemory.Allocate<float>(RegisterTile.RightLength), left = SharedMemory.Allocate<float>(RegisterTile.LeftLength);
        int col = Grid.IdxX * RegisterTile.Columns, phaseY = Grid.IdxZ / s.StrideX, phaseX = Grid.IdxZ % s.StrideX;
        int high = (s.Height - phaseY + s.StrideY - 1) / s.StrideY, wide = (s.Width - phaseX + s.StrideX - 1) / s.StrideX;
        int pixels = s.Batch * high * wide;
        int first = Grid.IdxY * (RegisterTile.Rows * InputTiles), end = IntrinsicMath.Min(first + RegisterTile.Rows * InputTiles, pixels);
        bool fromZero = true;
        for (int r = 0; r < s.R; r++)
        {
            int down = phaseY + s.PaddingY - r * s.DilationY;
            for (int q = 0; q < s.S; q++)
            {
                int across = phaseX + s.PaddingX - q * s.DilationX;
                if (down % s.StrideY != 0 || across % s.StrideX != 0)
                    continue;
                for (int part = 0; part < s.K; part += RegisterTile.Depth)
                {
                    int length = IntrinsicMath.Min(RegisterTile.Depth, s.K - part);
                    Group.Barrier();
                    RegisterTile.CopyRightTransposed(right, w, (r * s.S + q) * s.C * s.K + part, s.K, length, col, s.C);
                    for (int pixel = first; pixel < end; pixel += RegisterTile.Rows)
                        AddPixels(dy, dx, s, left, right, pixel, pixels, wide, high, down / s.StrideY, across / s.StrideX, part, length, col, fromZero);
                    fromZero = false;
                }
            }
        }

        // No tap at all falls on some phases of a kernel that is smaller than its stride.
        if (fromZero)
        {
            for (int pixel = first; pixel < end; pixel += RegisterTile.Rows)
                AddPixels(dy, dx, s, left, right, pixel, pixels, wide, high, 0, 0, 0, 0, col, true);
        }
    }

    static void AddPixels(
        ArrayView<float> dy, ArrayView<float> dx, ConvolutionShape s, ArrayView<float> left, ArrayView<float> right,
        int pixel, int pixels, int wide, int high, int down, int across, int part, int length, int col, bool fromZero)
    {
        int firstB = pixel % wide, row = pixel / wide;
        int firstA = row % high, firstImage = row / high, phaseY = Grid.IdxZ / s.StrideX, phaseX = Grid.IdxZ % s.StrideX;

        // A loop of its own, so that the rows' places stay in registers.
        ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
        int b = firstB, a = firstA, image = firstImage;
        for (int i = 0; i < RegisterTile.Rows; i++)
        {
            rows[i] = ((image * s.Height + a * s.StrideY + phaseY) * s.Width + b * s.StrideX + phaseX) * s.C;
            // The last pixel stands for those behind it.
            bool more = pixel + i + 1 < pixels, line = more && b + 1 == wide, column = line && a + 1 == high;
            b = line ? 0 : more ? b + 1 : b;
            a = column ? 0 : line ? a + 1 : a;
            image = column ? image + 1 : image;
        }

        b = firstB;
        a = firstA;
        image = firstImage;
        Group.Barrier();
        for (int i = 0; i < RegisterTile.Rows; i++)
        {
            int oy = a + down, ox = b + across;
            bool inside = oy >= 0 && oy < s.OutHeight && ox >= 0 && ox < s.OutWidth;
            int from = ((image * s.OutHeight + oy) * s.OutWidth + ox) * s.K + part;
            RegisterTile.CopyRun(left, i * RegisterTile.Depth, dy, from, length, from, inside ? from + length : from);
            bool more = pixel + i + 1 < pixels, line = more && b + 1 == wide, column = line && a + 1 == high;
            b = line ? 0 : more ? b + 1 : b;
            a = column ? 0 : line ? a + 1 : a;
            image = column ? image + 1 : image;
        }

        Group.Barrier();
        ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
        RegisterTile.Begin(sums, dx, rows, col + Group.IdxX, s.C, fromZero);
        RegisterTile.Add(sums, left, RegisterTile.Depth, 1, right, length);
        RegisterTile.End(sums, dx, rows, pixels - pixel, col + Group.IdxX, s.C);
    }

    // One group per two output channels a thread and 96 values of one run. A piece of the sum is 256 output pixels.
    static void WeightGradientKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s)
    {
        ArrayView<float> right = SharedMemory.Allocate<float>(RegisterTile.RightLength), left = SharedMemory.Allocate<float>(RegisterTile.LeftLength);
        int col = Grid.IdxX * RegisterTile.Columns, taps = s.RunTaps, run = taps * s.C, tap = Grid.IdxZ * taps;
        int first = Grid.IdxY * (RegisterTile.Rows * WeightTiles), end = IntrinsicMath.Min(first + RegisterTile.Rows * WeightTiles, run);
        int pixels = s.Batch * s.OutHeight * s.OutWidth;
        for (int pixel = 0; pixel < pixels; pixel += RegisterTile.Depth)
        {
            int depth = IntrinsicMath.Min(RegisterTile.Depth, pixels - pixel);
            Group.Barrier();
            RegisterTile.CopyRight(right, dy, pixel * s.K, s.K, depth, col, s.K);
            for (int value = first; value < end; value += RegisterTile.Rows)
            {
                ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                for (int i = 0; i < RegisterTile.Rows; i++)
                    rows[i] = (Grid.IdxZ * run + IntrinsicMath.Min(value + i, run - 1)) * s.K;
                Group.Barrier();
                CopyPixels(x, left, s, pixel, depth, tap, value);
                Group.Barrier();
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                RegisterTile.Begin(sums, dw, rows, col + Group.IdxX, s.K, false);
                RegisterTile.Add(sums, left, 1, RegisterTile.MaxThreads, right, depth);
                RegisterTile.End(sums, dw, rows, run - value, col + Group.IdxX, s.K);
            }
        }
    }

    // For each output pixel, the tile's values of its run; those behind it are not stored.
    static void CopyPixels(ArrayView<float> x, ArrayView<float> left, ConvolutionShape s, int pixel, int depth, int tap, int value)
    {
        int ox = pixel % s.OutWidth, row = pixel / s.OutWidth;
        int oy = row % s.OutHeight, image = row / s.OutHeight * s.Height;
        int down = tap / s.S * s.DilationY - s.PaddingY, across = tap % s.S * s.DilationX - s.PaddingX, line = s.Width * s.C;
        for (int k = 0; k < depth; k++)
        {
            int iy = oy * s.StrideY + down, lineStart = (image + iy) * line, lineEnd = iy >= 0 && iy < s.Height ? lineStart + line : lineStart;
            RegisterTile.CopyRun(left, k * RegisterTile.MaxThreads, x, lineStart + (ox * s.StrideX + across) * s.C + value, RegisterTile.Rows, lineStart, lineEnd);
            ox++;
            if (ox == s.OutWidth)
            {
                ox = 0;
                oy++;
            }

            if (oy == s.OutHeight)
            {
                oy = 0;
                image += s.Height;
            }
        }
    }
}
