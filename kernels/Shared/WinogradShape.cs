using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>A convolution by minimal filtering, or its adjoint.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Height">Of the source.</param>
/// <param name="Width">Of the source.</param>
/// <param name="C">Channels of the source.</param>
/// <param name="OutHeight">Of the result.</param>
/// <param name="OutWidth">Of the result.</param>
/// <param name="N">Channels of the result.</param>
/// <param name="Stride">Of the convolution.</param>
/// <param name="PaddingY">Of the convolution.</param>
/// <param name="PaddingX">Of the convolution.</param>
/// <param name="IsAdjoint">1 for the input gradient, 0 for the convolution itself.</param>
/// <param name="Outputs">Of a tile along an axis: 2, or 4.</param>
/// <param name="TilesY">Tiles along the height of a phase of the result.</param>
/// <param name="TilesX">Tiles along its width.</param>
/// <param name="Flops">Of a launch, for profiles.</param>
readonly record struct WinogradShape(
    int Batch, int Height, int Width, int C, int OutHeight, int OutWidth, int N, int Stride, int PaddingY, int PaddingX, int IsAdjoint,
    int Outputs = 2, int TilesY = 0, int TilesX = 0, double Flops = 0)
    : ILaunchCost
{
    // Filtering has to save at least this much of the multiplications: the transforms cost too.
    const double Saving = 1.3;

    // What a point of a weight takes besides its products, in multiplications: transformed, written and read again; and in its gradient, where it is also added up.
    const int WeightCost = 32;
    const int WeightGradientCost = 64;

    /// <summary>From one pixel to the next of the source's phase.</summary>
    public int InStep => IsAdjoint != 0 ? 1 : Stride;

    /// <summary>From one pixel to the next of the result's phase.</summary>
    public int OutStep => IsAdjoint != 0 ? Stride : 1;

    /// <summary>Phases of the result.</summary>
    public int Phases => OutStep * OutStep;

    /// <summary>Taps of a phase along an axis.</summary>
    public int Taps => Stride == 1 ? 3 : 2;

    /// <summary>Taps of the convolution.</summary>
    public int AllTaps => Taps * Stride * Taps * Stride;

    /// <summary>Products of a tile, for each k and column.</summary>
    public int Points => (Outputs + Taps - 1) * (Outputs + Taps - 1);

    /// <summary>The summed extent.</summary>
    public int K => InStep * InStep * C;

    /// <summary>Tiles of all images.</summary>
    public int Tiles => Batch * TilesY * TilesX;

    /// <summary>The convolution of a shape.</summary>
    public static WinogradShape Forward(ConvolutionShape s) =>
        new WinogradShape(s.Batch, s.Height, s.Width, s.C, s.OutHeight, s.OutWidth, s.K, s.StrideY, s.PaddingY, s.PaddingX,
        0).Tiled(WeightCost);

    /// <summary>The weight gradient of a shape: the convolution, perhaps in other tiles.</summary>
    public static WinogradShape WeightGradient(ConvolutionShape s) => Forward(s).Tiled(WeightGradientCost);

    /// <summary>The input gradient of a shape.</summary>
    public static WinogradShape Adjoint(ConvolutionShape s) =>
        new WinogradShape(s.Batch, s.OutHeight, s.OutWidth, s.K, s.Height, s.Width, s.C, s.StrideY, s.PaddingY, s.PaddingX,
        1).Tiled(WeightCost);

    /// <summary>Whether minimal filtering is worth it. The shape alone decides, so that each device computes the same bits.</summary>
    public static bool Applies(ConvolutionShape s, bool isAdjoint)
    {
        bool taps = (s.R, s.S, s.StrideY, s.StrideX) is (3, 3, 1, 1) or (4, 4, 2, 2);
        if (!taps || s.DilationY != 1 || s.DilationX != 1 || s.C % 16 != 0 || s.K % 16 != 0)
            return false;
        WinogradShape w = isAdjoint ? Adjoint(s) : Forward(s);
        double filtered = (double)w.Tiles * w.Phases * w.Points;
        double direct = (double)w.Batch * w.OutHeight * w.OutWidth * (s.R / s.StrideY) * (s.R / s.StrideY);
        return filtered * Saving <= direct;
    }

    // Larger tiles need fewer products, but weights at more points. The shape alone decides.
    WinogradShape Tiled(int weightCost)
    {
        WinogradShape small = InTiles(2), large = InTiles(4);
        return Stride == 2 && large.Points * ((long)large.Tiles + weightCost) < small.Points * ((long)small.Tiles + weightCost)
            ? large : small;
    }

    WinogradShape InTiles(int outputs) => this with
    {
        Outputs = outputs,
        TilesY = IntrinsicMath.DivRoundUp(IntrinsicMath.DivRoundUp(OutHeight, OutStep), outputs),
        TilesX = IntrinsicMath.DivRoundUp(IntrinsicMath.DivRoundUp(OutWidth, OutStep), outputs),
    };

    /// <summary>Where the window of a phase's first tile begins, along one axis, in pixels of the source.</summary>
    public int Offset(int phase, int padding, int taps) =>
        IsAdjoint != 0 ? (phase + padding - FirstTap(phase, padding)) / Stride - (taps - 1) : -padding;

    /// <summary>The first tap that falls on a phase of the result.</summary>
    public int FirstTap(int phase, int padding) => (phase + padding) % Stride;
}
