// Convolution (cross-correlation) of NHWC images:
//   y[n, oy, ox, k] = sum over r, s, c of x[n, oy stride - padding + r dilation, ox stride - padding + s dilation, c] * w[r, s, c, k]
//   x, dx [batch, height, width, C]   w, dw [R, S, C, K]   y, dy [batch, outHeight, outWidth, K]; outside of the image x is 0
// Forward:         y  =  the sum, r, s and c rising, fused multiply-adds from zero
// Input gradient:  dx[n, iy, ix, c] = sum over r, s, k of dy[n, oy, ox, k] * w[r, s, c, k], where oy stride - padding + r dilation = iy, likewise ox
//   the adjoint of Forward, and so the forward pass of the transposed convolution, whose input is dy and whose output is dx
// Weight gradient: dw += sum over n, oy, ox of x[...] * dy[n, oy, ox, k], in blocks of images whose sums are added in rising order
using System.Runtime.CompilerServices;

namespace Dalle2.Kernels;

/// <summary>Two-dimensional convolution and its two gradients, which serve the transposed convolution too.</summary>
public static class Conv2dOp
{
    const int Tile = 4;

    // The weight gradient adds up this many output pixels, in whole images, before it adds to what it has.
    const int BlockPixels = 1024;

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
        int tiles = checked(s.Batch * s.OutHeight * IntrinsicMath.DivRoundUp(s.OutWidth, Tile) * IntrinsicMath.DivRoundUp(s.K, Tile));
        stream.Launch(ForwardKernel, tiles, x.View, w.View, y.View, s);
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
        int tiles = checked(s.Batch * s.Height * s.Phases * s.PhaseTiles * IntrinsicMath.DivRoundUp(s.C, Tile));
        stream.Launch(InputGradientKernel, tiles, dy.View, w.View, dx.View, s);
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
        int tiles = checked(s.R * s.S * IntrinsicMath.DivRoundUp(s.C, Tile) * IntrinsicMath.DivRoundUp(s.K, Tile));
        int images = IntrinsicMath.Max(1, BlockPixels / (s.OutHeight * s.OutWidth));
        for (int first = 0; first < s.Batch; first += images)
            stream.Launch(WeightGradientKernel, tiles, x.View, dy.View, dw.View, s, first, IntrinsicMath.Min(first + images, s.Batch));
    }

    // One thread per 4 output pixels, neighbours along a row, by 4 output channels; neighbouring threads have neighbouring channels.
    // A pixel whose tap falls outside of the image, or that lies outside of the output itself, takes part as zero.
    static void ForwardKernel(Index1D index, ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s)
    {
        int tilesK = IntrinsicMath.DivRoundUp(s.K, Tile), tilesX = IntrinsicMath.DivRoundUp(s.OutWidth, Tile);
        int k = index % tilesK * Tile, row = index / tilesK;
        int ox = row % tilesX * Tile;
        row /= tilesX;
        int left = ox * s.StrideX - s.PaddingX, top = row % s.OutHeight * s.StrideY - s.PaddingY;
        int image = row / s.OutHeight * s.Height;
        ArrayView<float> w0 = w.SubView(k);
        ArrayView<float> w1 = w.SubView(IntrinsicMath.Min(k + 1, s.K - 1));
        ArrayView<float> w2 = w.SubView(IntrinsicMath.Min(k + 2, s.K - 1));
        ArrayView<float> w3 = w.SubView(IntrinsicMath.Min(k + 3, s.K - 1));
        int step = s.StrideX * s.C, wStep = s.K;
        ArrayView<float> x1 = x.SubView(IntrinsicMath.Min(step, x.IntLength));
        ArrayView<float> x2 = x.SubView(IntrinsicMath.Min(2 * step, x.IntLength));
        ArrayView<float> x3 = x.SubView(IntrinsicMath.Min(3 * step, x.IntLength));

        float y00 = 0f, y01 = 0f, y02 = 0f, y03 = 0f;
        float y10 = 0f, y11 = 0f, y12 = 0f, y13 = 0f;
        float y20 = 0f, y21 = 0f, y22 = 0f, y23 = 0f;
        float y30 = 0f, y31 = 0f, y32 = 0f, y33 = 0f;
        // With neighbouring taps the values under one row of the kernel lie side by side, in the image as in the weights.
        bool wholeRow = s.DilationX == 1 && left >= 0 && left + 3 * s.StrideX + s.S <= s.Width && ox + 3 < s.OutWidth;
        int taps = wholeRow ? s.S : 1, length = taps * s.C;
        for (int r = 0; r < s.R; r++)
        {
            int iy = top + r * s.DilationY;
            if (iy < 0 || iy >= s.Height)
                continue;
            for (int q = 0; q < s.S; q += taps)
            {
                int ix = left + q * s.DilationX;
                bool in0 = ix >= 0 && ix < s.Width;
                bool in1 = ix + s.StrideX >= 0 && ix + s.StrideX < s.Width && ox + 1 < s.OutWidth;
                bool in2 = ix + 2 * s.StrideX >= 0 && ix + 2 * s.StrideX < s.Width && ox + 2 < s.OutWidth;
                bool in3 = ix + 3 * s.StrideX >= 0 && ix + 3 * s.StrideX < s.Width && ox + 3 < s.OutWidth;
                int at = ((image + iy) * s.Width + ix) * s.C, wAt = (r * s.S + q) * s.C * s.K;
                if (in0 && in1 && in2 && in3)
                {
                    for (int end = at + length; at < end; at++)
                    {
                        float v0 = w0[wAt], v1 = w1[wAt], v2 = w2[wAt], v3 = w3[wAt];
                        float u = x[at];
                        y00 = Fused.MultiplyAdd(u, v0, y00);
                        y01 = Fused.MultiplyAdd(u, v1, y01);
                        y02 = Fused.MultiplyAdd(u, v2, y02);
                        y03 = Fused.MultiplyAdd(u, v3, y03);
                        u = x1[at];
                        y10 = Fused.MultiplyAdd(u, v0, y10);
                        y11 = Fused.MultiplyAdd(u, v1, y11);
                        y12 = Fused.MultiplyAdd(u, v2, y12);
                        y13 = Fused.MultiplyAdd(u, v3, y13);
                        u = x2[at];
                        y20 = Fused.MultiplyAdd(u, v0, y20);
                        y21 = Fused.MultiplyAdd(u, v1, y21);
                        y22 = Fused.MultiplyAdd(u, v2, y22);
                        y23 = Fused.MultiplyAdd(u, v3, y23);
                        u = x3[at];
                        y30 = Fused.MultiplyAdd(u, v0, y30);
                        y31 = Fused.MultiplyAdd(u, v1, y31);
                        y32 = Fused.MultiplyAdd(u, v2, y32);
                        y33 = Fused.MultiplyAdd(u, v3, y33);
                        wAt += wStep;
                    }
                }
                else if (in0 || in1 || in2 || in3)
                {
                    for (int end = at + length; at < end; at++)
                    {
                        float v0 = w0[wAt], v1 = w1[wAt], v2 = w2[wAt], v3 = w3[wAt];
                        float u = in0 ? x[at] : 0f;
                        y00 = Fused.MultiplyAdd(u, v0, y00);
                        y01 = Fused.MultiplyAdd(u, v1, y01);
                        y02 = Fused.MultiplyAdd(u, v2, y02);
                        y03 = Fused.MultiplyAdd(u, v3, y03);
                        u = in1 ? x[at + step] : 0f;
                        y10 = Fused.MultiplyAdd(u, v0, y10);
                        y11 = Fused.MultiplyAdd(u, v1, y11);
                        y12 = Fused.MultiplyAdd(u, v2, y12);
                        y13 = Fused.MultiplyAdd(u, v3, y13);
                        u = in2 ? x[at + 2 * step] : 0f;
                        y20 = Fused.MultiplyAdd(u, v0, y20);
                        y21 = Fused.MultiplyAdd(u, v1, y21);
                        y22 = Fused.MultiplyAdd(u, v2, y22);
                        y23 = Fused.MultiplyAdd(u, v3, y23);
                        u = in3 ? x[at + 3 * step] : 0f;
                        y30 = Fused.MultiplyAdd(u, v0, y30);
                        y31 = Fused.MultiplyAdd(u, v1, y31);
                        y32 = Fused.MultiplyAdd(u, v2, y32);
                        y33 = Fused.MultiplyAdd(u, v3, y33);
                        wAt += wStep;
                    }
                }
            }
        }

        int yAt = (row * s.OutWidth + ox) * s.K + k, channels = s.K - k, pixels = s.OutWidth - ox;
        StoreFour(y, yAt, channels, y00, y01, y02, y03);
        if (pixels > 1)
            StoreFour(y, yAt + s.K, channels, y10, y11, y12, y13);
        if (pixels > 2)
            StoreFour(y, yAt + 2 * s.K, channels, y20, y21, y22, y23);
        if (pixels > 3)
            StoreFour(y, yAt + 3 * s.K, channels, y30, y31, y32, y33);
    }

    // One thread per 4 input pixels of one row, a stride apart, by 4 input channels. Pixels a stride apart meet the same taps, at
    // neighbouring output pixels, so that no tap is visited in vain.
    static void InputGradientKernel(Index1D index, ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s)
    {
        int tilesC = IntrinsicMath.DivRoundUp(s.C, Tile);
        int c = index % tilesC * Tile, row = index / tilesC;
        int tile = row % s.PhaseTiles;
        row /= s.PhaseTiles;
        int ix = row % s.Phases + tile * Tile * s.StrideX;
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

    // One thread per 4 input channels by 4 output channels of one tap, over a block of images. Channels past the edge repeat the last one
    // and are not stored.
    static void WeightGradientKernel(Index1D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s, int first, int end)
    {
        int tilesK = IntrinsicMath.DivRoundUp(s.K, Tile), tilesC = IntrinsicMath.DivRoundUp(s.C, Tile);
        int k = index % tilesK * Tile, tap = index / tilesK;
        int c = tap % tilesC * Tile;
        tap /= tilesC;
        int down = tap / s.S * s.DilationY - s.PaddingY, across = tap % s.S * s.DilationX - s.PaddingX;
        // The output pixels whose tap lies within the image.
        int oxFirst = IntrinsicMath.DivRoundUp(IntrinsicMath.Max(-across, 0), s.StrideX);
        int oxEnd = IntrinsicMath.Min(IntrinsicMath.DivRoundUp(IntrinsicMath.Max(s.Width - across, 0), s.StrideX), s.OutWidth);
        ArrayView<float> x0 = x.SubView(c);
        ArrayView<float> x1 = x.SubView(IntrinsicMath.Min(c + 1, s.C - 1));
        ArrayView<float> x2 = x.SubView(IntrinsicMath.Min(c + 2, s.C - 1));
        ArrayView<float> x3 = x.SubView(IntrinsicMath.Min(c + 3, s.C - 1));
        ArrayView<float> y0 = dy.SubView(k);
        ArrayView<float> y1 = dy.SubView(IntrinsicMath.Min(k + 1, s.K - 1));
        ArrayView<float> y2 = dy.SubView(IntrinsicMath.Min(k + 2, s.K - 1));
        ArrayView<float> y3 = dy.SubView(IntrinsicMath.Min(k + 3, s.K - 1));

        float w00 = 0f, w01 = 0f, w02 = 0f, w03 = 0f;
        float w10 = 0f, w11 = 0f, w12 = 0f, w13 = 0f;
        float w20 = 0f, w21 = 0f, w22 = 0f, w23 = 0f;
        float w30 = 0f, w31 = 0f, w32 = 0f, w33 = 0f;
        int xStep = s.StrideX * s.C, yStep = s.K;
        for (int n = first; n < end; n++)
        {
            for (int oy = 0; oy < s.OutHeight; oy++)
            {
                int iy = oy * s.StrideY + down;
                if (iy < 0 || iy >= s.Height)
                    continue;
                int xAt = ((n * s.Height + iy) * s.Width + oxFirst * s.StrideX + across) * s.C;
                int yAt = ((n * s.OutHeight + oy) * s.OutWidth + oxFirst) * s.K;
                for (int ox = oxFirst; ox < oxEnd; ox++)
                {
                    float v0 = y0[yAt], v1 = y1[yAt], v2 = y2[yAt], v3 = y3[yAt];
                    float u = x0[xAt];
                    w00 = Fused.MultiplyAdd(u, v0, w00);
                    w01 = Fused.MultiplyAdd(u, v1, w01);
                    w02 = Fused.MultiplyAdd(u, v2, w02);
                    w03 = Fused.MultiplyAdd(u, v3, w03);
                    u = x1[xAt];
                    w10 = Fused.MultiplyAdd(u, v0, w10);
                    w11 = Fused.MultiplyAdd(u, v1, w11);
                    w12 = Fused.MultiplyAdd(u, v2, w12);
                    w13 = Fused.MultiplyAdd(u, v3, w13);
                    u = x2[xAt];
                    w20 = Fused.MultiplyAdd(u, v0, w20);
                    w21 = Fused.MultiplyAdd(u, v1, w21);
                    w22 = Fused.MultiplyAdd(u, v2, w22);
                    w23 = Fused.MultiplyAdd(u, v3, w23);
                    u = x3[xAt];
                    w30 = Fused.MultiplyAdd(u, v0, w30);
                    w31 = Fused.MultiplyAdd(u, v1, w31);
                    w32 = Fused.MultiplyAdd(u, v2, w32);
                    w33 = Fused.MultiplyAdd(u, v3, w33);
                    xAt += xStep;
                    yAt += yStep;
                }
            }
        }

        int at = (tap * s.C + c) * s.K + k, inputs = s.C - c, outputs = s.K - k;
        AddFour(dw, at, outputs, w00, w01, w02, w03);
        if (inputs > 1)
            AddFour(dw, at + s.K, outputs, w10, w11, w12, w13);
        if (inputs > 2)
            AddFour(dw, at + 2 * s.K, outputs, w20, w21, w22, w23);
        if (inputs > 3)
            AddFour(dw, at + 3 * s.K, outputs, w30, w31, w32, w33);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddFour(ArrayView<float> target, int at, int count, float v0, float v1, float v2, float v3)
    {
        target[at] += v0;
        if (count > 1)
            target[at + 1] += v1;
        if (count > 2)
            target[at + 2] += v2;
        if (count > 3)
            target[at + 3] += v3;
    }
}
