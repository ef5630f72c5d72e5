using ILGPU;

namespace Dalle2.Kernels;

/// <content>
/// The input gradient of few channels. Most columns of a tile would be empty, so the channels of all taps are one side of a product:
///   P[r, s, c, pixel] = sum over k of w[r, s, c, k] * dy[pixel, k]    chains of fused multiply-adds, k rising
///   dx[pixel, c] = sum over r of (sum over s of P)                    written (=), taps rising
/// A group holds the products of some lines of dy in shared memory where a row of taps has as many pixels as one or two strides: what a pixel of dy adds to a line
/// of dx is a run of S C values, and the runs of every pixel, or of every second one, lie end to end. Elsewhere the products go through the workspace. Either way the sums are the same.
/// </content>
public static partial class Conv2dOp
{
    // How much of the products a group holds in shared memory, in elements. A constant.
    internal interface IHeldBlock
    {
        int Products { get; }
    }

    // A part of a processor's second cache.
    internal readonly struct HeldLargeBlock : IHeldBlock
    {
        public int Products => 48 << 10;
    }

    // What a group may have everywhere.
    internal readonly struct HeldSmallBlock : IHeldBlock
    {
        public int Products => 12 << 10;
    }

    static bool IsSpread(ConvolutionShape s) => !s.IsPointwise && s.C < RegisterTile.RightStep / 2;

    static int InputGradientWorkspaceOfFewChannels(ConvolutionShape s) =>
        IntrinsicMath.Max(checked(s.Batch * s.OutHeight * s.OutWidth * s.R * s.S * s.C), s.R * RegisterTile.RightStep * s.K);

    static void InputGradientOfFewChannels(Stream stream, Tensor dy, Tensor w, Tensor dx, Tensor workspace, ConvolutionShape s)
    {
        var runs = Runs.Of(s);
        bool isLarge = stream.Device.Properties.SharedBytesPerGroup >= default(HeldLargeBlock).Products * sizeof(float);
        int lines = runs.LinesOfGroup(s, isLarge ? default(HeldLargeBlock).Products : default(HeldSmallBlock).Products);
        // A card has its own products, which fill it; what a group could hold there is little.
        if (lines > 0 && !CardProduct.Suits(stream.Device))
        {
            int bands = IntrinsicMath.DivRoundUp(s.Height, lines);
            stream.Launch(PackRunsKernel, new Index2D(runs.Columns(s), s.K), w.View, workspace.View, s, runs);
            stream.Launch(
                isLarge ? RunsKernel<HeldLargeBlock> : RunsKernel<HeldSmallBlock>,
                new KernelConfig(new Index3D(bands, s.Batch, 1), new Index3D(RegisterTile.Threads(stream.Device), 1, 1)),
                dy.View, workspace.View, dx.View, s, runs, IntrinsicMath.DivRoundUp(s.Height, bands));
            return;
        }

        int rows = s.R * s.S * s.C, columns = s.Batch * s.OutHeight * s.OutWidth;
        ArrayView<float> weights = Weights(stream, dy, w, workspace, byRow: true, out ArrayView<float> rest),
            products = rest.SubView(0, rows * columns);
        int depth = OutputWords(s, dy.Type).K;
        GemmOp.Multiply(stream, weights, dy.WordView, products, default,
            new GemmShape(rows, columns, depth, depth, depth, columns, 0, s.K / depth), false, true, dy.Type);
        stream.Launch(GatherKernel, new Index2D(IntrinsicMath.DivRoundUp(s.Width, s.StrideX), s.Batch * s.Height), products, dx.View, s);
    }

    /// <summary>How the products of a line of dy lie: <c>[r, place of the pixel among as many as meet a pixel of dx, pixel, S C]</c>.</summary>
    /// <param name="Length">Of a run, S C.</param>
    /// <param name="Meeting">Pixels of a line of dy that meet a pixel of dx; 0 where runs do not lie end to end.</param>
    /// <param name="Width">Columns that a run takes in a panel: 16 or 32.</param>
    internal readonly record struct Runs(int Length, int Meeting, int Width)
    {
        public static Runs Of(ConvolutionShape s)
        {
            int length = s.S * s.C, meeting = s.DilationX == 1 && s.S % s.StrideX == 0 && s.S / s.StrideX <= 2 ? s.S / s.StrideX : 0;
            return new Runs(length, length <= RegisterTile.RightStep ? meeting : 0,
                length <= RegisterTile.RightStep / 2 ? RegisterTile.RightStep / 2 : RegisterTile.RightStep);
        }

        /// <summary>Columns of the product, whole panels.</summary>
        public int Columns(ConvolutionShape s) => IntrinsicMath.DivRoundUp(s.R * Width, RegisterTile.RightStep) * RegisterTile.RightStep;

        /// <summary>Values of the runs that lie end to end.</summary>
        public int Row(ConvolutionShape s) => IntrinsicMath.DivRoundUp(s.OutWidth, Meeting) * Length;

        /// <summary>From one line of dy to the next.</summary>
        public int Line(ConvolutionShape s) => s.R * Meeting * Row(s);

        /// <summary>Lines of dx whose products a group can hold, 0 if there is none.</summary>
        public int LinesOfGroup(ConvolutionShape s, int products)
        {
            if (Meeting == 0)
                return 0;
            int held = products / Line(s);
            return held >= s.OutHeight ? s.Height : IntrinsicMath.Max(0, (held - 1) * s.StrideY + 1 - (s.R - 1) * s.DilationY);
        }
    }

    // Weights [panel, k, 32], zeros behind a run. One thread per column and k.
    static void PackRunsKernel(Index2D index, ArrayView<float> w, ArrayView<float> packed, ConvolutionShape s, Runs runs)
    {
        int r = index.X / runs.Width, j = index.X - r * runs.Width;
        packed[(index.X / RegisterTile.RightStep * s.K + index.Y) * RegisterTile.RightStep + index.X % RegisterTile.RightStep] =
            r < s.R && j < runs.Length ? w[(r * runs.Length + j) * s.K + index.Y] : 0f;
    }

    // One group per band of lines of dx and image.
    static void RunsKernel<TBlock>(ArrayView<float> dy, ArrayView<float> packed, ArrayView<float> dx, ConvolutionShape s, Runs runs,
        int lines)
        where TBlock : unmanaged, IHeldBlock
    {
        ArrayView<float> products = SharedMemory.Allocate<float>(default(TBlock).Products);
        int firstY = Grid.IdxX * lines, endY = IntrinsicMath.Min(firstY + lines, s.Height), columns = runs.Columns(s), row = runs.Row(s);
        int first = IntrinsicMath.DivRoundUp(IntrinsicMath.Max(0, firstY + s.PaddingY - (s.R - 1) * s.DilationY), s.StrideY);
        int end = IntrinsicMath.Min(s.OutHeight, (endY - 1 + s.PaddingY) / s.StrideY + 1);
        for (int oy = first; oy < end; oy++)
        {
            for (int place = 0; place < runs.Meeting; place++)
            {
                int count = (s.OutWidth - place + runs.Meeting - 1) / runs.Meeting;
                for (int pixel = 0; pixel < count; pixel += RegisterTile.Rows)
                {
                    for (int col = 0; col < columns; col += RegisterTile.Columns)
                    {
                        ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                        ArrayView<int> places = LocalMemory.Allocate<int>(RegisterTile.Rows);
                        for (int i = 0; i < RegisterTile.Rows; i++)
                        {
                            places[i] = ((Grid.IdxY * s.OutHeight + oy) * s.OutWidth + place + IntrinsicMath.Min(pixel + i, count - 1)
                                * runs.Meeting) * s.K;
                        }

                        for (int i = 0; i < RegisterTile.Rows * RegisterTile.ThreadColumns; i++)
                            sums[i] = 0f;
                        RegisterTile.Add(
                            sums, dy, places, 0, 1, packed, col / RegisterTile.RightStep * s.K * RegisterTile.RightStep
                            + col % RegisterTile.RightStep, s.K);
                        HoldRuns(sums, products, s, runs, (oy - first) * runs.Line(s) + place * row + pixel * runs.Length, col,
                            count - pixel);
                    }
                }
            }
        }

        Group.Barrier();
        for (int iy = firstY; iy < endY; iy++)
            GatherRuns(products, dx, s, runs, iy, -first * runs.Line(s));
    }

    // The sums of a tile, each pixel's behind the one before it.
    static void HoldRuns(ArrayView<float> sums, ArrayView<float> products, ConvolutionShape s, Runs runs, int at, int col, int count)
    {
        for (int j = 0; j < RegisterTile.ThreadColumns; j++)
        {
            int column = col + j * Group.DimX, r = column / runs.Width, inRun = column - r * runs.Width;
            int to = at + r * runs.Meeting * runs.Row(s) + inRun + Group.IdxX;
            if (r < s.R && inRun + Group.IdxX < runs.Length)
            {
                for (int i = 0; i < RegisterTile.Rows; i++)
                {
                    if (i < count)
                        products[to + i * runs.Length] = sums[i * RegisterTile.ThreadColumns + j];
                }
            }
        }
    }

    // A line of dx, neighboring threads on neighboring values.
    static void GatherRuns(ArrayView<float> products, ArrayView<float> dx, ConvolutionShape s, Runs runs, int iy, int origin)
    {
        int firstY = FirstTap(iy + s.PaddingY, s.StrideY, s.DilationY), periodY = Period(s.StrideY, s.DilationY),
            tapsY = Taps(s.R, firstY, periodY);
        int lastY = (iy + s.PaddingY - firstY * s.DilationY) / s.StrideY, upY = periodY * s.DilationY / s.StrideY, values = s.Width * s.C,
            row = runs.Row(s);
        for (int start = 0; start < values; start += Group.DimX)
        {
            int e = start + Group.IdxX;
            float sum = 0f;
            for (int a = 0; a < tapsY; a++)
            {
                int oy = lastY - a * upY, from = origin + oy * runs.Line(s) + (firstY + a * periodY) * runs.Meeting * row;
                if (oy < 0 || oy >= s.OutHeight)
                    continue;
                float inner = 0f;
                for (int place = 0; place < runs.Meeting; place++)
                {
                    int shift = (s.PaddingX - place * s.StrideX) * s.C,
                        length = (s.OutWidth - place + runs.Meeting - 1) / runs.Meeting * runs.Length;
                    if (start + shift >= 0 && start + shift + Group.DimX <= length)
                        inner += products[from + place * row + e + shift];
                    else if (e + shift >= 0 && e + shift < length)
                        inner += products[from + place * row + e + shift];
                }

                sum += inner;
            }

            if (e < values)
                dx[(Grid.IdxY * s.Height + iy) * values + e] = sum;
        }
    }

    // One thread per phase's input pixel of a row; neighbors belong to one phase, so that they meet the same taps.
    static void GatherKernel(Index2D index, ArrayView<float> products, ArrayView<float> dx, ConvolutionShape s)
    {
        int iy = index.Y % s.Height, image = index.Y / s.Height, all = s.Batch * s.OutHeight * s.OutWidth;
        int firstY = FirstTap(iy + s.PaddingY, s.StrideY, s.DilationY), periodY = Period(s.StrideY, s.DilationY),
            periodX = Period(s.StrideX, s.DilationX);
        int tapsY = Taps(s.R, firstY, periodY), lastY = (iy + s.PaddingY - firstY * s.DilationY) / s.StrideY,
            upY = periodY * s.DilationY / s.StrideY, backX = periodX * s.DilationX / s.StrideX;
        for (int phase = 0; phase < s.StrideX; phase++)
        {
            int firstX = FirstTap(phase + s.PaddingX, s.StrideX, s.DilationX), tapsX = Taps(s.S, firstX, periodX);
            int ix = index.X * s.StrideX + phase, lastX = index.X + (phase + s.PaddingX - firstX * s.DilationX) / s.StrideX;
            for (int c = 0; c < s.C; c++)
            {
                float sum = 0f;
                for (int a = 0; a < tapsY; a++)
                {
                    int oy = lastY - a * upY;
                    if (oy < 0 || oy >= s.OutHeight)
                        continue;
                    int tap = (firstY + a * periodY) * s.S + firstX, from = (image * s.OutHeight + oy) * s.OutWidth;
                    float inner = 0f;
                    for (int b = 0; b < tapsX; b++)
                    {
                        int ox = lastX - b * backX;
                        if (ox >= 0 && ox < s.OutWidth)
                            inner += products[((tap + b * periodX) * s.C + c) * all + from + ox];
                    }

                    sum += inner;
                }

                if (ix < s.Width)
                    dx[(index.Y * s.Width + ix) * s.C + c] = sum;
            }
        }
    }
}
