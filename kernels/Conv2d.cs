// Convolution (cross-correlation) of NHWC images:
//   y[n, oy, ox, k] = sum over r, s, c of x[n, oy stride - padding + r dilation, ox stride - padding + s dilation, c] * w[r, s, c, k]
//   x, dx [batch, height, width, C]   w, dw [R, S, C, K]   y, dy [batch, outHeight, outWidth, K]; outside of the image x is 0
// Forward:         y  =  the sum
// Input gradient:  dx[n, iy, ix, c] = sum over r, s, k of dy[n, oy, ox, k] * w[r, s, c, k], where oy stride - padding + r dilation = iy, likewise ox
//   the adjoint of Forward, and so the forward pass of the transposed convolution, whose input is dy and whose output is dx
// Weight gradient: dw += sum over n, oy, ox of x[...] * dy[n, oy, ox, k]
// Kernels of one tap are matrix products. 3 x 3 taps with stride 1 and 4 x 4 with stride 2 are filtered with fewer multiplications (Winograd.cs) where channels
// are many. Of few channels the image's lines are summed as they lie (Conv2d.FewChannels.cs), and the input gradient is gathered from a product (Conv2d.Spread.cs). All others are matrix products
// whose left side is gathered from the images as it is needed (implicit GEMM): sums over r, s and channels, or over n, oy and ox, rising, fused multiply-adds from zero
// or from what dw held. With dilation 1 the taps of one row of the kernel lie side by side in the image, channels and all: such a stretch of values is called a run.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Two-dimensional convolution and its two gradients, which serve the transposed convolution too.</summary>
public static partial class Conv2dOp
{
    /// <summary>Elements of workspace that each of the three takes; 0 where none is needed.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="x">The images' shape <c>[batch, height, width, C]</c>.</param>
    /// <param name="w">The weights' shape <c>[R, S, C, K]</c>.</param>
    /// <param name="y">The output's shape <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <param name="input">What x is kept in.</param>
    /// <param name="output">What y is kept in.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static int WorkspaceLength(Device device, Shape x, Shape w, Shape y, ConvolutionWindow window,
        ElementType input = ElementType.Float32, ElementType output = ElementType.Float32)
    {
        var s = ConvolutionShape.Of(x, w, y, window);
        return Math.Max(ForwardWorkspace(device, s, input),
            Math.Max(InputGradientWorkspace(device, s, input, output), WeightGradientWorkspace(device, s)));
    }

    /// <summary><c>y = x * w</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Images <c>[batch, height, width, C]</c>.</param>
    /// <param name="w">Weights <c>[R, S, C, K]</c>.</param>
    /// <param name="y">Written, <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <param name="workspace">At least <see cref="WorkspaceLength"/> elements; overwritten.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor w, Tensor y, ConvolutionWindow window, Tensor workspace)
    {
        var s = ConvolutionShape.Of(x.Shape, w.Shape, y.Shape, window);
        Require(workspace, ForwardWorkspace(stream.Device, s, x.Type));
        RequireTypes(stream.Device, x, w, y, areSides: false);
        if (s.IsPointwise)
        {
            GemmOp.Multiply(stream, x, w, y, workspace: workspace);
        }
        else if (stream.Device.Precision != Precision.Float32)
        {
            ForwardOnMatrixUnits(stream, x, w, y, workspace, s);
        }
        else if (WinogradShape.Applies(s, false))
        {
            WinogradOp.Convolve(stream, x, w, y, workspace, WinogradShape.Forward(s));
        }
        else if (CardProduct.Suits(stream.Device))
        {
            ForwardOnCard(stream, x, w, y, s);
        }
        else if (IsOfFewChannels(s))
        {
            ForwardOfFewChannels(stream, x, w, y, workspace, s);
        }
        else
        {
            TileProduct.Launch(stream, ForwardKernel<LargeBlock>, ForwardKernel<SmallBlock>, x.View, w.View, y.View, s,
                checked(s.Batch * s.OutHeight * s.OutWidth), s.K);
        }
    }

    /// <summary>The gradient of the input, or the forward pass of the transposed convolution.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="dy">The output's gradient <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="w">Weights <c>[R, S, C, K]</c>.</param>
    /// <param name="dx">Written, <c>[batch, height, width, C]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <param name="workspace">At least <see cref="WorkspaceLength"/> elements; overwritten.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void InputGradient(Stream stream, Tensor dy, Tensor w, Tensor dx, ConvolutionWindow window, Tensor workspace)
    {
        var s = ConvolutionShape.Of(dx.Shape, w.Shape, dy.Shape, window);
        Require(workspace, InputGradientWorkspace(stream.Device, s, dx.Type, dy.Type));
        RequireTypes(stream.Device, dx, w, dy, areSides: false);
        if (s.IsPointwise)
        {
            GemmOp.Multiply(stream, dy, w, dx, transposeB: true, workspace: workspace);
        }
        else if (stream.Device.Precision == Precision.Float32 && WinogradShape.Applies(s, true))
        {
            WinogradOp.Convolve(stream, dy, w, dx, workspace, WinogradShape.Adjoint(s));
        }
        else if (IsSpread(s) && dx.Type == ElementType.Float32)
        {
            InputGradientOfFewChannels(stream, dy, w, dx, workspace, s);
        }
        else if (stream.Device.Precision != Precision.Float32)
        {
            InputGradientOnMatrixUnits(stream, dy, w, dx, workspace, s);
        }
        else if (CardProduct.Suits(stream.Device))
        {
            InputGradientOnCard(stream, dy, w, dx, s);
        }
        else
        {
            TileProduct.Launch(stream, InputGradientKernel<LargeBlock>, InputGradientKernel<SmallBlock>, dy.View, w.View, dx.View, s,
                PhasePixels(s), s.C, s.StrideY * s.StrideX);
        }
    }

    /// <summary>Adds the gradient of the weights.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="x">Images <c>[batch, height, width, C]</c>.</param>
    /// <param name="dy">The output's gradient <c>[batch, outHeight, outWidth, K]</c>.</param>
    /// <param name="dw">Added to, <c>[R, S, C, K]</c>.</param>
    /// <param name="window">How the kernel moves.</param>
    /// <param name="workspace">At least <see cref="WorkspaceLength"/> elements; overwritten.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void WeightGradient(Stream stream, Tensor x, Tensor dy, Tensor dw, ConvolutionWindow window, Tensor workspace)
    {
        var s = ConvolutionShape.Of(x.Shape, dw.Shape, dy.Shape, window);
        Require(workspace, WeightGradientWorkspace(stream.Device, s));
        RequireTypes(stream.Device, x, dw, dy, areSides: true);
        if (s.IsPointwise)
        {
            GemmOp.Multiply(stream, x, dy, dw, transposeA: true, accumulate: true, workspace: workspace);
        }
        else if (stream.Device.Precision != Precision.Float32)
        {
            WeightGradientOnMatrixUnits(stream, x, dy, dw, workspace, s);
        }
        else if (WinogradShape.Applies(s, false))
        {
            WinogradOp.WeightGradient(stream, x, dy, dw, workspace, WinogradShape.WeightGradient(s));
        }
        else if (IsOfFewChannels(s))
        {
            WeightGradientOfFewChannels(stream, x, dy, dw, workspace, s);
        }
        else if (CardProduct.Suits(stream.Device))
        {
            WeightGradientOnCard(stream, x, dy, dw, s);
        }
        else
        {
            TileProduct.Launch(stream, WeightGradientKernel<LargeBlock>, WeightGradientKernel<SmallBlock>, x.View, dy.View, dw.View, s,
                s.R * s.S * s.C, s.K);
        }
    }

    // Filtered products are of transformed values, which rounding to few bits would hurt more: matrix units get none.
    static int ForwardWorkspace(Device device, ConvolutionShape s, ElementType x) =>
        s.IsPointwise ? GemmOp.WorkspaceLength(device.Precision, checked(s.Batch * s.OutHeight * s.OutWidth), s.K, s.C, x)
        : device.Precision != Precision.Float32
        ? checked(ForwardExtent(InputWords(s, x)).Workspace(checked(s.Batch * s.OutHeight * s.OutWidth * s.K)) + WeightWords(x, s))
        : WinogradShape.Applies(s, false) ? WinogradOp.ConvolveWorkspace(device, WinogradShape.Forward(s))
        : IsOfFewChannels(s) ? PackedWeights(s) : 0;

    static int InputGradientWorkspace(Device device, ConvolutionShape s, ElementType dx, ElementType dy) =>
        s.IsPointwise ? GemmOp.WorkspaceLength(device.Precision, checked(s.Batch * s.OutHeight * s.OutWidth), s.C, s.K, dy)
        : device.Precision == Precision.Float32 && WinogradShape.Applies(s, true)
        ? WinogradOp.ConvolveWorkspace(device, WinogradShape.Adjoint(s))
        : IsSpread(s) && dx == ElementType.Float32 ? checked(InputGradientWorkspaceOfFewChannels(s) + WeightWords(dy, s))
        : device.Precision != Precision.Float32
        ? checked(InputGradientExtent(OutputWords(s, dy)).Workspace(checked(s.Batch * s.Height * s.Width * s.C)) + WeightWords(dy, s)) : 0;

    static int WeightGradientWorkspace(Device device, ConvolutionShape s) =>
        s.IsPointwise ? GemmOp.WorkspaceLength(device.Precision, s.C, s.K, checked(s.Batch * s.OutHeight * s.OutWidth))
        : device.Precision != Precision.Float32 ? WeightGradientExtent(s).Workspace(checked(s.R * s.S * s.C * s.K))
        : WinogradShape.Applies(s, false) ? WinogradOp.WeightGradientWorkspace(device, WinogradShape.WeightGradient(s))
        : IsOfFewChannels(s) ? checked(BandSlices(s, Bands.Of(s)) * s.R * s.S * s.C * s.K) : 0;

    // Pixels that are a stride apart meet the same taps: each such phase is a product of its own.
    static int PhasePixels(ConvolutionShape s) =>
        checked(s.Batch * IntrinsicMath.DivRoundUp(s.Height, s.StrideY) * IntrinsicMath.DivRoundUp(s.Width, s.StrideX));

    static void Require(Tensor workspace, int length)
    {
        if (workspace.Length < length)
            throw new ArgumentException($"this convolution needs a workspace of {length} elements, not {workspace.Length}");
    }

    // One group per block of output pixels, by channels.
    static void ForwardKernel<TBlock>(ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s, Index2D extent)
        where TBlock : unmanaged, IBlock => TileProduct.Multiply<ForwardProduct, TBlock>(x, w, y, new ForwardProduct(s), extent);

    // One group per block of one phase's input pixels, by channels.
    static void InputGradientKernel<TBlock>(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s,
        Index2D extent)
        where TBlock : unmanaged, IBlock =>
        TileProduct.Multiply<InputGradientProduct, TBlock>(dy, w, dx, new InputGradientProduct(s), extent);

    // One group per block of taps and their channels, by output channels.
    static void WeightGradientKernel<TBlock>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s,
        Index2D extent)
        where TBlock : unmanaged, IBlock =>
        TileProduct.Multiply<WeightGradientProduct, TBlock>(x, dy, dw, new WeightGradientProduct(s), extent);

    // Rows are output pixels, k goes through the taps and their channels: what lies under the kernel, in stretches.
    readonly struct ForwardProduct(ConvolutionShape s) : IProduct
    {
        public int Rows => s.Batch * s.OutHeight * s.OutWidth;

        public int Cols => s.K;

        public int Depth => s.R * s.S * s.C;

        public bool Accumulates => false;

        public bool IsLeftByDepth => false;

        public int RowAt(int row) => row * s.K;

        public void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock
        {
            int run = s.RunTaps * s.C, line = s.Width * s.C, all = Rows;
            for (int i = 0; i < rows; i++)
            {
                int pixel = IntrinsicMath.Min(row + i, all - 1), ox = pixel % s.OutWidth, oy = pixel / s.OutWidth % s.OutHeight,
                    image = pixel / s.OutWidth / s.OutHeight * s.Height;
                int q = start / run, part = start - q * run;
                for (int k = 0; k < depth;)
                {
                    int length = IntrinsicMath.Min(run - part, depth - k), tap = q * s.RunTaps;
                    int iy = oy * s.StrideY - s.PaddingY + tap / s.S * s.DilationY,
                        ix = ox * s.StrideX - s.PaddingX + tap % s.S * s.DilationX;
                    int lineStart = (image + iy) * line, lineEnd = iy >= 0 && iy < s.Height ? lineStart + line : lineStart;
                    RegisterTile.CopyRun(left, TileProduct.LeftAt<TBlock>(false, i, k), source, lineStart + ix * s.C + part, length,
                        lineStart, lineEnd);
                    k += length;
                    part = 0;
                    q++;
                }
            }
        }

        public void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock =>
            TileProduct.CopyPanels<TBlock>(right, 0, source, start * s.K, s.K, depth, col, s.K, panels);
    }

    // Rows are input pixels of one phase, which z names: those that are a stride apart. k goes through the taps that fall on the phase, and their output channels.
    readonly struct InputGradientProduct(ConvolutionShape s) : IProduct
    {
        readonly Phase phase = new(s);

        public int Rows => s.Batch * phase.High * phase.Wide;

        public int Cols => s.C;

        // No tap at all falls on some phases of a kernel that is smaller than its stride.
        public int Depth => phase.Taps * s.K;

        public bool Accumulates => false;

        public bool IsLeftByDepth => false;

        public int RowAt(int row)
        {
            int b = row % phase.Wide, a = row / phase.Wide % phase.High, image = row / phase.Wide / phase.High;
            return ((image * s.Height + a * s.StrideY + phase.Y) * s.Width + b * s.StrideX + phase.X) * s.C;
        }

        public void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock
        {
            int all = Rows;
            for (int i = 0; i < rows; i++)
            {
                int pixel = IntrinsicMath.Min(row + i, all - 1), b = pixel % phase.Wide, a = pixel / phase.Wide % phase.High,
                    image = pixel / phase.Wide / phase.High;
                int tap = start / s.K, part = start - tap * s.K;
                for (int k = 0; k < depth;)
                {
                    int length = IntrinsicMath.Min(s.K - part, depth - k), oy = a + phase.LineOf(tap), ox = b + phase.ColumnOf(tap);
                    bool inside = oy >= 0 && oy < s.OutHeight && ox >= 0 && ox < s.OutWidth;
                    int from = ((image * s.OutHeight + oy) * s.OutWidth + ox) * s.K + part;
                    RegisterTile.CopyRun(left, TileProduct.LeftAt<TBlock>(false, i, k), source, from, length, from,
                        inside ? from + length : from);
                    k += length;
                    part = 0;
                    tap++;
                }
            }
        }

        public void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock
        {
            int tap = start / s.K, part = start - tap * s.K;
            for (int k = 0; k < depth;)
            {
                int length = IntrinsicMath.Min(s.K - part, depth - k);
                TileProduct.CopyTurnedPanels<TBlock>(right, k, source, phase.WeightOf(tap) * s.C * s.K + part, s.K, length, col, s.C,
                    panels);
                k += length;
                part = 0;
                tap++;
            }
        }
    }

    // Rows are the taps and their channels; k goes through the output pixels.
    readonly struct WeightGradientProduct(ConvolutionShape s) : IProduct
    {
        public int Rows => s.R * s.S * s.C;

        public int Cols => s.K;

        public int Depth => s.Batch * s.OutHeight * s.OutWidth;

        public bool Accumulates => true;

        public bool IsLeftByDepth => true;

        public int RowAt(int row) => row * s.K;

        public void CopyLeft<TBlock>(ArrayView<float> source, ArrayView<float> left, int start, int depth, int row, int rows)
            where TBlock : unmanaged, IBlock
        {
            int ox = start % s.OutWidth, oy = start / s.OutWidth % s.OutHeight, image = start / s.OutWidth / s.OutHeight * s.Height;
            int run = s.RunTaps * s.C, line = s.Width * s.C, firstRun = row / run, firstPart = row - firstRun * run;
            for (int k = 0; k < depth; k++)
            {
                int q = firstRun, part = firstPart;
                for (int i = 0; i < rows;)
                {
                    // Behind the last run are no rows that count: zeros.
                    int length = IntrinsicMath.Min(run - part, rows - i), tap = q * s.RunTaps;
                    int iy = oy * s.StrideY + tap / s.S * s.DilationY - s.PaddingY,
                        ix = ox * s.StrideX + tap % s.S * s.DilationX - s.PaddingX;
                    int lineStart = (image + iy) * line, lineEnd = iy >= 0 && iy < s.Height
                        && tap < s.R * s.S ? lineStart + line : lineStart;
                    RegisterTile.CopyRun(left, TileProduct.LeftAt<TBlock>(true, i, k), source, lineStart + ix * s.C + part, length,
                        lineStart, lineEnd);
                    i += length;
                    part = 0;
                    q++;
                }

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

        public void CopyRight<TBlock>(ArrayView<float> source, ArrayView<float> right, int start, int depth, int col, int panels)
            where TBlock : unmanaged, IBlock =>
            TileProduct.CopyPanels<TBlock>(right, 0, source, start * s.K, s.K, depth, col, s.K, panels);
    }
}
