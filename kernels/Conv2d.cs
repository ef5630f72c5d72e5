// Convolution (cross-correlation) of NHWC images:
//   y[n, oy, ox, k] = sum over r, s, c of x[n, oy stride - padding + r dilation, ox stride - padding + s dilation, c] * w[r, s, c, k]
//   x, dx [batch, height, width, C]   w, dw [R, S, C, K]   y, dy [batch, outHeight, outWidth, K]; outside of the image x is 0
// Forward:         y  =  the sum, r, s and c rising, fused multiply-adds from zero
// Input gradient:  dx[n, iy, ix, c] = sum over r, s, k of dy[n, oy, ox, k] * w[r, s, c, k], where oy stride - padding + r dilation = iy, likewise ox
//   the adjoint of Forward, and so the forward pass of the transposed convolution, whose input is dy and whose output is dx
// Weight gradient: dw += sum over n, oy, ox of x[...] * dy[n, oy, ox, k], n, oy and ox rising, fused multiply-adds from what dw held
// All three are matrix products whose left side is gathered from the images as it is needed (implicit GEMM). With dilation 1 the taps of one row
// of the kernel lie side by side in the image, channels and all: such a stretch of values is called a run.
using System.Runtime.CompilerServices;

namespace Dalle2.Kernels;

/// <summary>Two-dimensional convolution and its two gradients, which serve the transposed convolution too.</summary>
public static class Conv2dOp
{
    // Tiles of pixels, one behind the other, that share what a group copies of the weights. Transposed weights cost more to copy.
    const int ForwardTiles = 8;
    const int InputTiles = 16;
    const int WeightTiles = 8;

    // Up to this many channels, a tile of 32 columns would mostly hold nothing.
    const int NarrowChannels = 4;

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
        stream.Launch(ForwardKernel, Groups(s.K, pixels, ForwardTiles), x.View, w.View, y.View, s);
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
        if (s.C <= NarrowChannels)
        {
            stream.Launch(NarrowInputGradientKernel, checked(s.Batch * s.Height * s.Phases * s.PhaseTiles), dy.View, w.View, dx.View, s);
            return;
        }

        // Pixels that are a stride apart meet the same taps: each such phase is a product of its own.
        int pixels = checked(s.Batch * IntrinsicMath.DivRoundUp(s.Height, s.StrideY) * IntrinsicMath.DivRoundUp(s.Width, s.StrideX));
        KernelConfig config = Groups(s.C, pixels, InputTiles);
        config = new KernelConfig(new Index3D(config.GridDim.X, config.GridDim.Y, s.StrideY * s.StrideX), config.GroupDim);
        stream.Launch(InputGradientKernel, config, dy.View, w.View, dx.View, s);
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
        KernelConfig config = Groups(s.K, taps * s.C, WeightTiles);
        config = new KernelConfig(new Index3D(config.GridDim.X, config.GridDim.Y, runs), config.GroupDim);
        stream.Launch(WeightGradientKernel, config, x.View, dy.View, dw.View, s);
    }

    static KernelConfig Groups(int columns, int rows, int tiles) => new(
        new Index3D(IntrinsicMath.DivRoundUp(columns, RegisterTile.Columns), IntrinsicMath.DivRoundUp(rows, RegisterTile.Rows * tiles), 1),
        new Index3D(RegisterTile.Threads, 1, 1));

    // One group per 32 output channels and 96 output pixels. A piece of the sum is as many whole runs as fit, or a part of one.
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
                RegisterTile.CopyRight(right, w, (q * run + part) * s.K, s.K, 1, count * length, col, s.K);
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

    // One group per 32 input channels and 192 input pixels of one phase. A piece of the sum is one tap's output channels, or a part of them.
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
                    RegisterTile.CopyRight(right, w, (r * s.S + q) * s.C * s.K + part, 1, s.K, length, col, s.C);
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
        ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
        int b = pixel % wide, row = pixel / wide;
        int a = row % high, image = row / high, phaseY = Grid.IdxZ / s.StrideX, phaseX = Grid.IdxZ % s.StrideX;
        int line = s.OutWidth * s.K;
        Group.Barrier();
        for (int i = 0; i < RegisterTile.Rows; i++)
        {
            rows[i] = ((image * s.Height + a * s.StrideY + phaseY) * s.Width + b * s.StrideX + phaseX) * s.C;
            int oy = a + down, lineStart = (image * s.OutHeight + oy) * line, ox = b + across;
            bool inside = oy >= 0 && oy < s.OutHeight && ox >= 0 && ox < s.OutWidth;
            int from = lineStart + ox * s.K + part;
            RegisterTile.CopyRun(left, i * RegisterTile.Depth, dy, from, length, from, inside ? from + length : from);
            // The last pixel stands for those behind it.
            if (pixel + i + 1 < pixels)
            {
                b++;
                if (b == wide)
                {
                    b = 0;
                    a++;
                }

                if (a == high)
                {
                    a = 0;
                    image++;
                }
            }
        }

        Group.Barrier();
        ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
        RegisterTile.Begin(sums, dx, rows, col + Group.IdxX, s.C, fromZero);
        RegisterTile.Add(sums, left, RegisterTile.Depth, 1, right, length);
        RegisterTile.End(sums, dx, rows, pixels - pixel, col + Group.IdxX, s.C);
    }

    // One group per 32 output channels and 96 values of one run. A piece of the sum is 128 output pixels.
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
            RegisterTile.CopyRight(right, dy, pixel * s.K, s.K, 1, depth, col, s.K);
            for (int value = first; value < end; value += RegisterTile.Rows)
            {
                ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                for (int i = 0; i < RegisterTile.Rows; i++)
                    rows[i] = (Grid.IdxZ * run + IntrinsicMath.Min(value + i, run - 1)) * s.K;
                Group.Barrier();
                CopyPixels(x, left, s, pixel, depth, tap, value, run);
                Group.Barrier();
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                RegisterTile.Begin(sums, dw, rows, col + Group.IdxX, s.K, false);
                RegisterTile.Add(sums, left, 1, RegisterTile.Threads, right, depth);
                RegisterTile.End(sums, dw, rows, run - value, col + Group.IdxX, s.K);
            }
        }
    }

    // For each output pixel, up to 16 values of its run, a thread each.
    static void CopyPixels(ArrayView<float> x, ArrayView<float> left, ConvolutionShape s, int pixel, int depth, int tap, int value, int run)
    {
        int ox = pixel % s.OutWidth, row = pixel / s.OutWidth;
        int oy = row % s.OutHeight, image = row / s.OutHeight * s.Height;
        int down = tap / s.S * s.DilationY - s.PaddingY, across = tap % s.S * s.DilationX - s.PaddingX, line = s.Width * s.C;
        int count = IntrinsicMath.Min(RegisterTile.Threads, run - value);
        for (int k = 0; k < depth; k++)
        {
            int iy = oy * s.StrideY + down, lineStart = (image + iy) * line, lineEnd = iy >= 0 && iy < s.Height ? lineStart + line : lineStart;
            RegisterTile.CopyRun(left, k * RegisterTile.Threads, x, lineStart + (ox * s.StrideX + across) * s.C + value, count, lineStart, lineEnd);
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

    // One thread per 4 input pixels of one row, a stride apart, by up to 4 input channels. Pixels a stride apart meet the same taps, at
    // neighbouring output pixels, so that no tap is visited in vain.
    static void NarrowInputGradientKernel(Index1D index, ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s)
    {
        const int c = 0;
        int row = index;
        int tile = row % s.PhaseTiles;
        row /= s.PhaseTiles;
        int ix = row % s.Phases + tile * NarrowChannels * s.StrideX;
        row /= s.Phases;
        if (ix >= s.Width)
            return;
        int top = row % s.Height + s.PaddingY, left = ix + s.PaddingX;
        int image = row / s.Height * s.OutHeight;
        ArrayView<float> w0 = w.SubView(c * s.K);
        ArrayView<float> w1 = w.SubView(IntrinsicMath.Min(c + 1, s.C - 1) * s.K);
        ArrayView<float> w2 = w.SubView(IntrinsicMath.Min(c + 2, s.C - 1) * s.K);
        ArrayView<float> w3 = w.SubView(IntrinsicMath.Min(c + 3, s.C - 1) * s.K);
        int outputs = s.K;
        ArrayView<float> y1 = dy.SubView(IntrinsicMath.Min(outputs, dy.IntLength));
        ArrayView<float> y2 = dy.SubView(IntrinsicMath.Min(2 * outputs, dy.IntLength));
        ArrayView<float> y3 = dy.SubView(IntrinsicMath.Min(3 * outputs, dy.IntLength));

        float x00 = 0f, x01 = 0f, x02 = 0f, x03 = 0f;
        float x10 = 0f, x11 = 0f, x12 = 0f, x13 = 0f;
        float x20 = 0f, x21 = 0f, x22 = 0f, x23 = 0f;
        float x30 = 0f, x31 = 0f, x32 = 0f, x33 = 0f;
        for (int r = 0; r < s.R; r++)
        {
            int down = top - r * s.DilationY, oy = down / s.StrideY;
            if (down < 0 || oy >= s.OutHeight || oy * s.StrideY != down)
                continue;
            for (int q = 0; q < s.S; q++)
            {
                int across = left - q * s.DilationX, ox = across / s.StrideX;
                if (ox * s.StrideX != across || ox + 3 < 0 || ox >= s.OutWidth)
                    continue;
                bool in0 = ox >= 0;
                bool in1 = ox >= -1 && ox + 1 < s.OutWidth;
                bool in2 = ox >= -2 && ox + 2 < s.OutWidth;
                bool in3 = ox + 3 < s.OutWidth;
                int at = ((image + oy) * s.OutWidth + ox) * s.K, wAt = (r * s.S + q) * s.C * s.K;
                if (in0 && in1 && in2 && in3)
                {
                    for (int end = at + s.K; at < end; at++)
                    {
                        float v0 = w0[wAt], v1 = w1[wAt], v2 = w2[wAt], v3 = w3[wAt];
                        float u = dy[at];
                        x00 = Fused.MultiplyAdd(u, v0, x00);
                        x01 = Fused.MultiplyAdd(u, v1, x01);
                        x02 = Fused.MultiplyAdd(u, v2, x02);
                        x03 = Fused.MultiplyAdd(u, v3, x03);
                        u = y1[at];
                        x10 = Fused.MultiplyAdd(u, v0, x10);
                        x11 = Fused.MultiplyAdd(u, v1, x11);
                        x12 = Fused.MultiplyAdd(u, v2, x12);
                        x13 = Fused.MultiplyAdd(u, v3, x13);
                        u = y2[at];
                        x20 = Fused.MultiplyAdd(u, v0, x20);
                        x21 = Fused.MultiplyAdd(u, v1, x21);
                        x22 = Fused.MultiplyAdd(u, v2, x22);
                        x23 = Fused.MultiplyAdd(u, v3, x23);
                        u = y3[at];
                        x30 = Fused.MultiplyAdd(u, v0, x30);
                        x31 = Fused.MultiplyAdd(u, v1, x31);
                        x32 = Fused.MultiplyAdd(u, v2, x32);
                        x33 = Fused.MultiplyAdd(u, v3, x33);
                        wAt++;
                    }
                }
                else
                {
                    for (int end = at + s.K; at < end; at++)
                    {
                        float v0 = w0[wAt], v1 = w1[wAt], v2 = w2[wAt], v3 = w3[wAt];
                        float u = in0 ? dy[at] : 0f;
                        x00 = Fused.MultiplyAdd(u, v0, x00);
                        x01 = Fused.MultiplyAdd(u, v1, x01);
                        x02 = Fused.MultiplyAdd(u, v2, x02);
                        x03 = Fused.MultiplyAdd(u, v3, x03);
                        u = in1 ? dy[at + outputs] : 0f;
                        x10 = Fused.MultiplyAdd(u, v0, x10);
                        x11 = Fused.MultiplyAdd(u, v1, x11);
                        x12 = Fused.MultiplyAdd(u, v2, x12);
                        x13 = Fused.MultiplyAdd(u, v3, x13);
                        u = in2 ? dy[at + 2 * outputs] : 0f;
                        x20 = Fused.MultiplyAdd(u, v0, x20);
                        x21 = Fused.MultiplyAdd(u, v1, x21);
                        x22 = Fused.MultiplyAdd(u, v2, x22);
                        x23 = Fused.MultiplyAdd(u, v3, x23);
                        u = in3 ? dy[at + 3 * outputs] : 0f;
                        x30 = Fused.MultiplyAdd(u, v0, x30);
                        x31 = Fused.MultiplyAdd(u, v1, x31);
                        x32 = Fused.MultiplyAdd(u, v2, x32);
                        x33 = Fused.MultiplyAdd(u, v3, x33);
                        wAt++;
                    }
                }
            }
        }

        int xAt = (row * s.Width + ix) * s.C + c, step = s.StrideX * s.C, channels = s.C - c, pixels = s.Width - ix;
        StoreFour(dx, xAt, channels, x00, x01, x02, x03);
        if (pixels > s.StrideX)
            StoreFour(dx, xAt + step, channels, x10, x11, x12, x13);
        if (pixels > 2 * s.StrideX)
            StoreFour(dx, xAt + 2 * step, channels, x20, x21, x22, x23);
        if (pixels > 3 * s.StrideX)
            StoreFour(dx, xAt + 3 * step, channels, x30, x31, x32, x33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreFour(ArrayView<float> target, int at, int count, float v0, float v1, float v2, float v3)
    {
        target[at] = v0;
        if (count > 1)
            target[at + 1] = v1;
        if (count > 2)
            target[at + 2] = v2;
        if (count > 3)
            target[at + 3] = v3;
    }
}
