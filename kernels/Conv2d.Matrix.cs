// Convolution and its gradients on matrix units: the products of Conv2d.cs, whose sides are found element by element (implicit GEMM, MatrixProduct.cs).
//   An element of x that lies under the kernel is at a pixel of the output's (times the stride) and a tap of the kernel (times the dilation): a place and what is added to it.
using ILGPU;

namespace Dalle2.Kernels;

public static partial class Conv2dOp
{
    static MatrixExtent ForwardExtent(ConvolutionShape s) => new(checked(s.Batch * s.OutHeight * s.OutWidth), s.K, s.R * s.S * s.C, false);

    // Of the phase with the most pixels, and that with the most taps.
    static MatrixExtent InputGradientExtent(ConvolutionShape s) => new(
        PhasePixels(s), s.C, checked(IntrinsicMath.DivRoundUp(s.R, Period(s.StrideY, s.DilationY))
        * IntrinsicMath.DivRoundUp(s.S, Period(s.StrideX, s.DilationX)) * s.K), false, s.StrideY * s.StrideX);

    static MatrixExtent WeightGradientExtent(ConvolutionShape s) =>
        new(s.R * s.S * s.C, s.K, checked(s.Batch * s.OutHeight * s.OutWidth), true);

    static void ForwardOnMatrixUnits(Stream stream, Tensor x, Tensor w, Tensor y, Tensor workspace, ConvolutionShape s)
    {
        var forms = new MatrixForms<ConvolutionShape>(
            ForwardMatrixKernel<TensorFloats, LargeMatrixTile>, ForwardMatrixKernel<TensorFloats, SmallMatrixTile>,
            ForwardMatrixKernel<BrainFloats, LargeMatrixTile>, ForwardMatrixKernel<BrainFloats, SmallMatrixTile>);
        MatrixProduct.Launch(stream, forms, x.View, w.View, y.View, workspace.View, s, ForwardExtent(s));
    }

    static void InputGradientOnMatrixUnits(Stream stream, Tensor dy, Tensor w, Tensor dx, Tensor workspace, ConvolutionShape s)
    {
        var forms = new MatrixForms<ConvolutionShape>(
            InputGradientMatrixKernel<TensorFloats, LargeMatrixTile>, InputGradientMatrixKernel<TensorFloats, SmallMatrixTile>,
            InputGradientMatrixKernel<BrainFloats, LargeMatrixTile>, InputGradientMatrixKernel<BrainFloats, SmallMatrixTile>);
        MatrixProduct.Launch(stream, forms, dy.View, w.View, dx.View, workspace.View, s, InputGradientExtent(s));
    }

    static void WeightGradientOnMatrixUnits(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, ConvolutionShape s)
    {
        var forms = new MatrixForms<ConvolutionShape>(
            WeightGradientMatrixKernel<TensorFloats, LargeMatrixTile>, WeightGradientMatrixKernel<TensorFloats, SmallMatrixTile>,
            WeightGradientMatrixKernel<BrainFloats, LargeMatrixTile>, WeightGradientMatrixKernel<BrainFloats, SmallMatrixTile>);
        MatrixProduct.Launch(stream, forms, x.View, dy.View, dw.View, workspace.View, s, WeightGradientExtent(s));
    }

    // One group per tile of output pixels, by channels.
    static void ForwardMatrixKernel<TFormat, TTile>(ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s,
        MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile =>
        MatrixProduct.Multiply(x, w, y, new ForwardProduct(s), new ImageSide(s, isByTap: false),
        new PlainSide(s.K, s.R * s.S * s.C, s.K, isByDepth: true), parts, default(TFormat), default(TTile));

    // One group per tile of one phase's input pixels, by channels.
    static void InputGradientMatrixKernel<TFormat,
        TTile>(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s, MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile =>
        MatrixProduct.Multiply(dy, w, dx, new InputGradientProduct(s), new GradientSide(s), new TurnedWeights(s), parts, default(TFormat),
        default(TTile));

    // One group per tile of taps and their channels, by output channels.
    static void WeightGradientMatrixKernel<TFormat,
        TTile>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s, MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixTile =>
        MatrixProduct.Multiply(x, dy, dw, new WeightGradientProduct(s), new ImageSide(s, isByTap: true),
        new PlainSide(s.K, s.Batch * s.OutHeight * s.OutWidth, s.K, isByDepth: true), parts, default(TFormat), default(TTile));

    // What of x lies under the kernel: rows are output pixels and k goes through the taps and their channels, or the other way round. Channels are neighbors.
    readonly struct ImageSide(ConvolutionShape s, bool isByTap) : IMatrixSide
    {
        public bool IsByDepth => isByTap;

        public bool IsInFours => s.C % 4 == 0;

        public int High => s.Height;

        public int Wide => s.Width;

        public MatrixPlace Row(int row) => isByTap ? Tap(row) : Pixel(row);

        public MatrixPlace Depth(int k) => isByTap ? Pixel(k) : Tap(k);

        MatrixPlace Pixel(int pixel)
        {
            int line = pixel / s.OutWidth, image = line / s.OutHeight;
            int y = (line - image * s.OutHeight) * s.StrideY - s.PaddingY, x = (pixel - line * s.OutWidth) * s.StrideX - s.PaddingX;
            return MatrixPlace.If(image < s.Batch, ((image * s.Height + y) * s.Width + x) * s.C, y, x);
        }

        MatrixPlace Tap(int tapAndChannel)
        {
            int tap = tapAndChannel / s.C, r = tap / s.S, y = r * s.DilationY, x = (tap - r * s.S) * s.DilationX;
            return MatrixPlace.If(r < s.R, (y * s.Width + x - tap) * s.C + tapAndChannel, y, x);
        }
    }

    // The output's gradient around the input pixels of one phase: k goes through the taps that fall on the phase, and their output channels, which are neighbors.
    readonly struct GradientSide(ConvolutionShape s) : IMatrixSide
    {
        readonly Phase phase = new(s);

        public bool IsByDepth => false;

        public bool IsInFours => s.K % 4 == 0;

        public int High => s.OutHeight;

        public int Wide => s.OutWidth;

        public MatrixPlace Row(int row)
        {
            int line = row / phase.Wide, image = line / phase.High, y = line - image * phase.High, x = row - line * phase.Wide;
            return MatrixPlace.If(image < s.Batch, ((image * s.OutHeight + y) * s.OutWidth + x) * s.K, y, x);
        }

        public MatrixPlace Depth(int k)
        {
            int tap = k / s.K, channel = k - tap * s.K, y = phase.LineOf(tap), x = phase.ColumnOf(tap);
            return MatrixPlace.If(tap < phase.Taps, (y * s.OutWidth + x) * s.K + channel, y, x);
        }
    }

    // The weights of the phase's taps: rows are input channels, k goes through the taps and their output channels, which are neighbors.
    readonly struct TurnedWeights(ConvolutionShape s) : IMatrixSide
    {
        readonly Phase phase = new(s);

        public bool IsByDepth => false;

        public bool IsInFours => s.K % 4 == 0;

        public int High => 1;

        public int Wide => 1;

        public MatrixPlace Row(int row) => MatrixPlace.If(row < s.C, row * s.K, 0, 0);

        public MatrixPlace Depth(int k)
        {
            int tap = k / s.K;
            return MatrixPlace.If(tap < phase.Taps, phase.WeightOf(tap) * s.C * s.K + k - tap * s.K, 0, 0);
        }
    }
}
