using ILGPU;

namespace Dalle2.Kernels;

/// <content>
/// Convolution and its gradients on cards, in float32: the products of Conv2d.cs, whose sides are found element by element (implicit GEMM, CardProduct.cs), as on matrix units.
/// Few channels or many, the chains of multiply-adds are those of Conv2d.cs and Conv2d.FewChannels.cs, and so are the bits.
/// </content>
public static partial class Conv2dOp
{
    static void ForwardOnCard(Stream stream, Tensor x, Tensor w, Tensor y, ConvolutionShape s) =>
        CardProduct.Launch(
            stream,
            new CardForms<ConvolutionShape>(
                ForwardCardKernel<LargeFloatTile>, ForwardCardKernel<MediumFloatTile>, ForwardCardKernel<SmallFloatTile>),
            x.View, w.View, y.View, s, checked(s.Batch * s.OutHeight * s.OutWidth), s.K);

    static void InputGradientOnCard(Stream stream, Tensor dy, Tensor w, Tensor dx, ConvolutionShape s) =>
        CardProduct.Launch(
            stream,
            new CardForms<ConvolutionShape>(
                InputGradientCardKernel<LargeFloatTile>, InputGradientCardKernel<MediumFloatTile>, InputGradientCardKernel<SmallFloatTile>),
            dy.View, w.View, dx.View, s, PhasePixels(s), s.C, s.StrideY * s.StrideX);

    static void WeightGradientOnCard(Stream stream, Tensor x, Tensor dy, Tensor dw, ConvolutionShape s) =>
        CardProduct.Launch(
            stream,
            new CardForms<ConvolutionShape>(
                WeightGradientCardKernel<LargeFloatTile>, WeightGradientCardKernel<MediumFloatTile>,
                WeightGradientCardKernel<SmallFloatTile>),
            x.View, dy.View, dw.View, s, s.R * s.S * s.C, s.K);

    static void SlicesOnCard(Stream stream, Tensor x, Tensor dy, Tensor slices, ConvolutionShape s, Bands bands, int count) =>
        CardProduct.Launch(
            stream,
            new CardForms<BandShape>(SliceCardKernel<LargeFloatTile>, SliceCardKernel<MediumFloatTile>, SliceCardKernel<SmallFloatTile>),
            x.View, dy.View, slices.View.SubView(0, count * s.R * s.S * s.C * s.K), new BandShape(s, bands, count), s.R * s.S * s.C, s.K,
            count);

    // One group per tile of output pixels, by channels.
    static void ForwardCardKernel<TTile>(ArrayView<float> x, ArrayView<float> w, ArrayView<float> y, ConvolutionShape s)
        where TTile : unmanaged, IFloatTile =>
        CardProduct.Multiply(x, w, y, new ForwardProduct(s), new ImageSide(s, isByTap: false),
        new PlainSide(s.K, s.R * s.S * s.C, s.K, isByDepth: true), default(TTile));

    // One group per tile of one phase's input pixels, by channels.
    static void InputGradientCardKernel<TTile>(ArrayView<float> dy, ArrayView<float> w, ArrayView<float> dx, ConvolutionShape s)
        where TTile : unmanaged, IFloatTile =>
        CardProduct.Multiply(dy, w, dx, new InputGradientProduct(s), new GradientSide(s), new TurnedWeights(s), default(TTile));

    // One group per tile of taps and their channels, by output channels.
    static void WeightGradientCardKernel<TTile>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dw, ConvolutionShape s)
        where TTile : unmanaged, IFloatTile =>
        CardProduct.Multiply(x, dy, dw, new WeightGradientProduct(s), new ImageSide(s, isByTap: true),
        new PlainSide(s.K, s.Batch * s.OutHeight * s.OutWidth, s.K, isByDepth: true), default(TTile));

    // One group per tile of taps and their channels, by output channels, of one slice of the bands.
    static void SliceCardKernel<TTile>(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> slices, BandShape shape)
        where TTile : unmanaged, IFloatTile
    {
        ConvolutionShape s = shape.Convolution;
        var product = new SliceProduct(shape);
        CardProduct.Multiply(x, dy, slices, product, new PartSide<ImageSide>(new ImageSide(s, isByTap: true), product.First),
            new PartSide<PlainSide>(new PlainSide(s.K, s.Batch * s.OutHeight * s.OutWidth, s.K, isByDepth: true), product.First),
            default(TTile));
    }

    /// <summary>A weight gradient in slices of bands.</summary>
    internal readonly record struct BandShape(ConvolutionShape Convolution, Bands Bands, int Slices) : ILaunchCost
    {
        /// <inheritdoc/>
        public double Flops => Convolution.Flops;
    }

    // Rows are the taps and their channels; k goes through the output pixels of the slice that z names.
    readonly struct SliceProduct(BandShape shape) : IProductExtent
    {
        public int Rows => shape.Convolution.R * shape.Convolution.S * shape.Convolution.C;

        public int Cols => shape.Convolution.K;

        public int Depth { get; } = PixelOf(shape, Grid.IdxZ + 1) - PixelOf(shape, Grid.IdxZ);

        public bool Accumulates => false;

        public int First { get; } = PixelOf(shape, Grid.IdxZ);

        public int RowAt(int row) => (Grid.IdxZ * Rows + row) * Cols;

        static int PixelOf(BandShape shape, int slice)
        {
            ConvolutionShape s = shape.Convolution;
            int perImage = shape.Bands.Count(s), band = slice * (s.Batch * perImage) / shape.Slices, image = band / perImage;
            return (image * s.OutHeight + (band - image * perImage) * shape.Bands.Lines) * s.OutWidth;
        }
    }
}
