// Feature-wise linear modulation (Perez et al., 2018):  y = x (1 + gain) + shift,  gain and shift of each sample and channel
//   x, y, dx, dy [batch, ..., channels]   modulation, dmodulation [batch, 2 channels]: gains, then shifts
// Backward:  dx = dy (1 + gain),  dgain = sum over pixels of dy x,  dshift = sum over pixels of dy   (all written, =)
//   The sums are of chunks of 64 pixels, then over those in rising order. In bfloat16, with channels a multiple of 8, maps are widened to floats and rounded as they are written.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Scaling and shifting the channels of each sample by numbers of its own, and the gradients.</summary>
public static class ChannelModulationOp
{
    const int ChunkPixels = 64;

    /// <summary><c>y = x (1 + gain) + shift</c>.</summary>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, Tensor x, Tensor modulation, Tensor y)
    {
        Require(x, modulation);
        if (ActivationOp.HaveBrainFloats(x, y))
        {
            stream.Launch(
                ForwardPairsKernel, new Index2D(x.Cols / 2, x.Rows), x.WordView, modulation.View, y.WordView, x.Rows / x.Shape[0],
                x.Cols, (int)x.Type, (int)y.Type);
            return;
        }

        stream.Launch(ForwardKernel, new Index2D(x.Cols, x.Rows), x.View, modulation.View, y.View, x.Rows / x.Shape[0], x.Cols);
    }

    /// <summary>Writes the gradients of the map and of the modulation.</summary>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, Tensor x, Tensor modulation, Tensor dy, Tensor dx, Tensor dmodulation)
    {
        Require(x, modulation);
        int pixels = x.Rows / x.Shape[0];
        if (ActivationOp.HaveBrainFloats(x, dy, dx))
        {
            stream.Launch(
                InputGradientPairsKernel, new Index2D(x.Cols / 2, x.Rows), dy.WordView, modulation.View, dx.WordView, pixels, x.Cols,
                (int)dy.Type, (int)dx.Type);
            stream.Launch(
                SumPairsKernel, new Index2D(x.Cols, x.Shape[0]), x.WordView, dy.WordView, dmodulation.View, pixels, x.Cols,
                (int)x.Type, (int)dy.Type);
            return;
        }

        stream.Launch(InputGradientKernel, new Index2D(x.Cols, x.Rows), dy.View, modulation.View, dx.View, pixels, x.Cols);
        stream.Launch(SumKernel, new Index2D(x.Cols, x.Shape[0]), x.View, dy.View, dmodulation.View, pixels, x.Cols);
    }

    /// <summary>Checks that there is a gain and a shift for each sample and channel.</summary>
    /// <exception cref="ArgumentException">There is not.</exception>
    public static void Require(Tensor x, Tensor modulation)
    {
        if (x.Shape.Rank < 2 || x.Length == 0 || modulation.Shape != new Shape(x.Shape[0], 2 * x.Cols))
        {
            throw new ArgumentException(
                $"a modulation of {x.Shape} takes a gain and a shift for each sample and channel, not {modulation.Shape}");
        }
    }

    // One thread per element.
    static void ForwardKernel(Index2D index, ArrayView<float> x, ArrayView<float> modulation, ArrayView<float> y, int pixels, int channels)
    {
        int element = index.Y * channels + index.X, gain = index.Y / pixels * 2 * channels + index.X;
        y[element] = Fused.MultiplyAdd(x[element], 1f + modulation[gain], modulation[gain + channels]);
    }

    // One thread per element.
    static void InputGradientKernel(Index2D index, ArrayView<float> dy, ArrayView<float> modulation, ArrayView<float> dx, int pixels,
        int channels)
    {
        int element = index.Y * channels + index.X;
        dx[element] = dy[element] * (1f + modulation[index.Y / pixels * 2 * channels + index.X]);
    }

    // One thread per two neighbors.
    static void ForwardPairsKernel(Index2D index, ArrayView<float> x, ArrayView<float> modulation, ArrayView<float> y, int pixels,
        int channels, int xType, int yType)
    {
        int at = index.Y * channels / 2 + index.X, gain = index.Y / pixels * 2 * channels + 2 * index.X, shift = gain + channels;
        var own = BrainFloatPair.Load(x, at, xType);
        new BrainFloatPair(
            Fused.MultiplyAdd(own.First, 1f + modulation[gain], modulation[shift]),
            Fused.MultiplyAdd(own.Second, 1f + modulation[gain + 1], modulation[shift + 1])).Store(y, at, yType);
    }

    // One thread per two neighbors.
    static void InputGradientPairsKernel(Index2D index, ArrayView<float> dy, ArrayView<float> modulation, ArrayView<float> dx, int pixels,
        int channels, int dyType, int dxType)
    {
        int at = index.Y * channels / 2 + index.X, gain = index.Y / pixels * 2 * channels + 2 * index.X;
        var own = BrainFloatPair.Load(dy, at, dyType);
        new BrainFloatPair(own.First * (1f + modulation[gain]), own.Second * (1f + modulation[gain + 1])).Store(dx, at, dxType);
    }

    // One thread per sample and channel; neighboring threads read neighboring channels.
    static void SumKernel(Index2D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dmodulation, int pixels, int channels) =>
        Sum(index, new Floats(x), new Floats(dy), dmodulation, pixels, channels);

    // The same of either type.
    static void SumPairsKernel(Index2D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dmodulation, int pixels,
        int channels, int xType, int dyType) =>
        Sum(index, new EitherFloats(x, xType), new EitherFloats(dy, dyType), dmodulation, pixels, channels);

    static void Sum<T>(Index2D index, T x, T dy, ArrayView<float> dmodulation, int pixels, int channels)
        where T : struct, IMap
    {
        float gainTotal = 0f, shiftTotal = 0f;
        for (int start = 0; start < pixels; start += ChunkPixels)
        {
            float gainSum = 0f, shiftSum = 0f;
            int end = IntrinsicMath.Min(start + ChunkPixels, pixels);
            for (int pixel = start; pixel < end; pixel++)
            {
                int element = (index.Y * pixels + pixel) * channels + index.X;
                gainSum = Fused.MultiplyAdd(dy.At(element), x.At(element), gainSum);
                shiftSum += dy.At(element);
            }

            gainTotal += gainSum;
            shiftTotal += shiftSum;
        }

        int gain = index.Y * 2 * channels + index.X;
        dmodulation[gain] = gainTotal;
        dmodulation[gain + channels] = shiftTotal;
    }

    // What is summed.
    interface IMap
    {
        float At(int element);
    }

    readonly record struct Floats(ArrayView<float> View) : IMap
    {
        public float At(int element) => View[element];
    }

    readonly record struct EitherFloats(ArrayView<float> View, int Type) : IMap
    {
        public float At(int element) => Type == 0 ? View[element] : BrainFloatPair.LoadOne(View, element);
    }
}
