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
            new(ForwardMatrixKernel<TensorFloats, LargeMatrixTile>, ForwardMatrixKernel<TensorFloats, SmallMatrixTile>),
            new(ForwardMatrixKernel<BrainFloats, LargeMatrixTile>, ForwardMatrixKernel<BrainFloats, SmallMatrixTile>),
            new(ForwardMatrixKernel<StoredBrainFloats, LargeMatrixTile>, ForwardMatrixKernel<StoredBrainFloats, SmallMatrixTile>));
        ArrayView<float> weights = Weights(stream, x, w, workspace, byRow: false, out ArrayView<float> rest);
        ConvolutionShape own = InputWords(s, x.Type);
        MatrixProduct.Launch(stream, forms.Of(stream.Device.Precision, x.Type), x.WordView, weights, y.WordView, y.Type, rest, own,
            ForwardExtent(own));
    }

    static void InputGradientOnMatrixUnits(Stream stream, Tensor dy, Tensor w, Tensor dx, Tensor workspace, ConvolutionShape s)
    {
        var forms = new MatrixForms<ConvolutionShape>(
            new(InputGradientMatrixKernel<TensorFloats, LargeMatrixTile>, InputGradientMatrixKernel<TensorFloats, SmallMatrixTile>),
            new(InputGradientMatrixKernel<BrainFloats, LargeMatrixTile>, InputGradientMatrixKernel<BrainFloats, SmallMatrixTile>),
            new(InputGradientMatrixKernel<StoredBrainFloats, LargeMatrixTile>,
                InputGradientMatrixKernel<StoredBrainFloats, SmallMatrixTile>));
        ArrayView<float> weights = Weights(stream, dy, w, workspace, byRow: true, out ArrayView<float> rest);
        ConvolutionShape own = OutputWords(s, dy.Type);
        MatrixProduct.Launch(stream, forms.Of(stream.Device.Precision, dy.Type), dy.WordView, weights, dx.WordView, dx.Type, rest, own,
            InputGradientExtent(own));
    }

    static void WeightGradientOnMatrixUnits(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, ConvolutionShape s)
    {
        if (x.Type == ElementType.BFloat16)
        {
            MatrixProduct.LaunchPaired(stream, WeightGradientPairedMatrixKernel, x.WordView, dy.WordView, dw.View, workspace.View, s,
                WeightGradientExtent(s));
            return;
        }

        var forms = new MatrixForms<ConvolutionShape>(
            new(WeightGradientMatrixKernel<TensorFloats, LargeMatrixTile>, WeightGradientMatrixKernel<TensorFloats, SmallMatrixTile>),
            new(WeightGradientMatrixKernel<BrainFloats, LargeMatrixTile>, WeightGradientMatrixKernel<BrainFloats, SmallMatrixTile>),
            default);
        MatrixProduct.Launch(stream, forms.Of(stream.Device.Precision, x.Type), x.View, dy.View, dw.View, ElementType.Float32,
            workspace.View, s, WeightGradientExtent(s));
    }

    // In bfloat16, channels of the side that is multiplied count words of two.
    static ConvolutionShape InputWords(ConvolutionShape s, ElementType type) =>
        type == ElementType.Float32 ? s : s with { C = s.C / 2, PerWord = 2 };

    static ConvolutionShape OutputWords(ConvolutionShape s, ElementType type) =>
        type == ElementType.Float32 ? s : s with { K = s.K / 2, PerWord = 2 };

    // The weights for a left side: as they are, or in bfloat16 at the workspace's beginning, pairs of them along k.
    static ArrayView<float> Weights(Stream stream, Tensor left, Tensor w, Tensor workspace, bool byRow, out ArrayView<float> rest)
    {
        if (left.Type == ElementType.BFloat16)
            return BFloat16Op.Pack(stream, w.View, workspace.View, w.Rows, w.Cols, byRow, out rest);
        rest = workspace.View;
        return w.View;
    }

    static int WeightWords(ElementType left, ConvolutionShape s) =>
        left == ElementType.Float32 ? 0 : BFloat16Op.PackedLength(checked(s.R * s.S * s.C * s.K));

    static void RequireTypes(Device device, Tensor x, Tensor w, Tensor y, bool areSides)
    {
        if ((x.Type, w.Type, y.Type) == (ElementType.Float32, ElementType.Float32, ElementType.Float32))
            return;
        if (device.Precision != Precision.Bf16 || w.Type != ElementType.Float32)
        {
            throw new ArgumentException(
                $"{device.Label}: convolutions have pictures in bfloat16 with precision bf16 alone, and weights in floats");
        }

        if (areSides && x.Type != y.Type)
            throw new ArgumentException($"a gradient of weights takes both pictures in the same type, not in {x.Type} and {y.Type}");
    }

    // One group per tile of output pixels, by channels.
    static void ForwardMatrixKernel<TFormat, TTile>(ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s,
        MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixUnitTile =>
        MatrixProduct.Multiply(x, w, y, new ForwardProduct(s), new ImageSide(s, isByTap: false),
        new PlainSide(s.K, s.R * s.S * s.C, s.K, isByDepth: true), parts, default(TFormat), default(TTile));

    // One group per tile of one phase's input pixels, by channels.
    static void InputGradientMatrixKernel<TFormat,
        TTile>(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s, MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixUnitTile =>
        MatrixProduct.Multiply(dy, w, dx, new InputGradientProduct(s), new GradientSide(s), new TurnedWeights(s), parts, default(TFormat),
        default(TTile));

    // One group per tile of taps and their channels, by output channels.
    static void WeightGradientMatrixKernel<TFormat,
        TTile>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s, MatrixParts parts)
        where TFormat : unmanaged, IMatrixFormat
        where TTile : unmanaged, IMatrixUnitTile =>
        MatrixProduct.Multiply(x, dy, dw, new WeightGradientProduct(s), new ImageSide(s, isByTap: true),
        new PlainSide(s.K, s.Batch * s.OutHeight * s.OutWidth, s.K, isByDepth: true), parts, default(TFormat), default(TTile));

    // The same of pictures in bfloat16.
    static void WeightGradientPairedMatrixKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s,
        MatrixParts parts) =>
        MatrixProduct.Multiply(
            x, dy, dw, new WeightGradientProduct(s), new ImageSide(s with { C = s.C / 2 }, isByTap: true),
            new PlainSide(s.K / 2, s.Batch * s.OutHeight * s.OutWidth, s.K / 2, isByDepth: true), parts, default(StoredBrainFloats),
            default(PairedMatrixTile));

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
