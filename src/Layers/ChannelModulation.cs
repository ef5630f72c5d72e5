using Dalle2.Gpu.Dialect;

namespace Dalle2.Layers;

/// <summary>
/// Feature-wise linear modulation (Perez et al., 2018): each sample scales and shifts the channels of its map by numbers of its own,
/// <c>y = x (1 + gain) + shift</c>. x <c>[B, ..., channels]</c>, gain and shift <c>[B, channels]</c>, given side by side as <c>[B, 2 channels]</c>.
/// </summary>
/// <remarks>
/// It has no parameters: the layer that gives gains and shifts has them. Backward: <c>dx = dy (1 + gain)</c>, <c>dgain</c> is the sum over pixels of
/// <c>dy x</c>, <c>dshift</c> that of <c>dy</c>, all written; the sums are of chunks of 64 pixels, added in rising order.
/// </remarks>
public sealed class ChannelModulation : Layer
{
    const int ChunkPixels = 64;

    Tensor? input;
    Tensor? modulation;

    /// <summary>The modulated map, of x's shape.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The map.</param>
    /// <param name="modulation">Each sample's gains, then its shifts.</param>
    /// <exception cref="ArgumentException">There is not one gain and one shift for each sample and channel.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor modulation)
    {
        if (x.Shape.Rank < 2 || x.Length == 0 || modulation.Shape != new Shape(x.Shape[0], 2 * x.Cols))
            throw new ArgumentException($"a modulation of {x.Shape} takes a gain and a shift for each sample and channel, not {modulation.Shape}");
        BeginForward(context);
        (input, this.modulation) = (x, modulation);
        Tensor y = context.Allocate(x.Shape);
        context.Stream.Launch(ForwardKernel, new Index2D(x.Cols, x.Rows), x.View, modulation.View, y.View, x.Rows / x.Shape[0], x.Cols);
        return EndForward(context, y);
    }

    /// <summary>The gradients of the map and of the modulation.</summary>
    public (Tensor Input, Tensor Modulation) Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor x = input!, dx = context.Allocate(x.Shape), dmodulation = context.Allocate(modulation!.Shape);
        int pixels = x.Rows / x.Shape[0];
        context.Stream.Launch(InputGradientKernel, new Index2D(x.Cols, x.Rows), dy.View, modulation.View, dx.View, pixels, x.Cols);
        context.Stream.Launch(SumKernel, new Index2D(x.Cols, x.Shape[0]), x.View, dy.View, dmodulation.View, pixels, x.Cols);
        return (EndBackward(context, dx), dmodulation);
    }

    // One thread per element.
    static void ForwardKernel(Index2D index, ArrayView<float> x, ArrayView<float> modulation, ArrayView<float> y, int pixels, int channels)
    {
        int element = index.Y * channels + index.X, gain = index.Y / pixels * 2 * channels + index.X;
        y[element] = Fused.MultiplyAdd(x[element], 1f + modulation[gain], modulation[gain + channels]);
    }

    // One thread per element.
    static void InputGradientKernel(Index2D index, ArrayView<float> dy, ArrayView<float> modulation, ArrayView<float> dx, int pixels, int channels)
    {
        int element = index.Y * channels + index.X;
        dx[element] = dy[element] * (1f + modulation[index.Y / pixels * 2 * channels + index.X]);
    }

    // One thread per sample and channel; neighbouring threads read neighbouring channels.
    static void SumKernel(Index2D index, ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dmodulation, int pixels, int channels)
    {
        float gainTotal = 0f, shiftTotal = 0f;
        for (int start = 0; start < pixels; start += ChunkPixels)
        {
            float gainSum = 0f, shiftSum = 0f;
            int end = IntrinsicMath.Min(start + ChunkPixels, pixels);
            for (int pixel = start; pixel < end; pixel++)
            {
                int element = (index.Y * pixels + pixel) * channels + index.X;
                gainSum = Fused.MultiplyAdd(dy[element], x[element], gainSum);
                shiftSum += dy[element];
            }

            gainTotal += gainSum;
            shiftTotal += shiftSum;
        }

        int gain = index.Y * 2 * channels + index.X;
        dmodulation[gain] = gainTotal;
        dmodulation[gain + channels] = shiftTotal;
    }
}
