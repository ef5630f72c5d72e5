using ILGPU;

namespace Dalle2.Kernels;

/// <content>
/// Convolutions of images of few channels, such as colors: what lies under a row of the kernel, all taps and channels, is a run too short to be worth copying
/// for each pixel. A group copies the lines of the image under a segment of some lines of the output, with the zeros around it, and tiles are summed from these lines as they lie.
///   weights [panel, R S C, 32]    written (=), columns past the end 0
///   y = the sum over r, s, c      written (=): one chain of fused multiply-adds in rising order
///   dw += the sum over pixels     (added to, +=): slices of the bands each have a chain of their own, [slice, R S C, K]; then slices are added
/// </content>
public static partial class Conv2dOp
{
    // Elements of shared memory: lines of the image, and gradients of a segment.
    const int LineElements = 4096;
    const int GradientRows = 128;

    // Output pixels of a segment at most, and output lines of a band.
    const int SegmentPixels = 64;
    const int BandLines = 8;

    // Slices of a weight gradient: enough for the multiprocessors of a card, few enough to be added up cheaply.
    const int MaxBandSlices = 64;

    // How many of a thread's columns of a tile are summed. A constant.
    internal interface ITileColumns
    {
        int Count { get; }
    }

    internal readonly struct WholeTile : ITileColumns
    {
        public int Count => RegisterTile.ThreadColumns;
    }

    // For so few channels of output that each thread has one.
    internal readonly struct OneColumn : ITileColumns
    {
        public int Count => 1;
    }

    /// <summary>How the output is cut up. The shape alone decides.</summary>
    /// <param name="Pixels">Of a segment, a multiple of 8.</param>
    /// <param name="Lines">Of a band.</param>
    internal readonly record struct Bands(int Pixels, int Lines)
    {
        public static Bands Of(ConvolutionShape s)
        {
            int pixels = IntrinsicMath.Min(SegmentPixels, IntrinsicMath.DivRoundUp(s.OutWidth, RegisterTile.Rows) * RegisterTile.Rows),
                lines = IntrinsicMath.Min(BandLines, s.OutHeight);
            while (pixels > 0)
            {
                for (int l = lines; l > 0; l--)
                {
                    if (new Bands(pixels, l) is { } bands && bands.Rows(s) * bands.Pitch(s) <= LineElements && l * pixels <= GradientRows)
                        return bands;
                }

                pixels -= RegisterTile.Rows;
            }

            return default;
        }

        public int Segments(ConvolutionShape s) => IntrinsicMath.DivRoundUp(s.OutWidth, Pixels);

        /// <summary>Of one image.</summary>
        public int Count(ConvolutionShape s) => IntrinsicMath.DivRoundUp(s.OutHeight, Lines);

        /// <summary>From one copied line to the next.</summary>
        public int Pitch(ConvolutionShape s) => ((Pixels - 1) * s.StrideX + s.S) * s.C;

        /// <summary>Copied lines.</summary>
        public int Rows(ConvolutionShape s) => (Lines - 1) * s.StrideY + (s.R - 1) * s.DilationY + 1;
    }

    static bool IsOfFewChannels(ConvolutionShape s) =>
        !s.IsPointwise && s.C < RegisterTile.RightStep / 2 && s.DilationX == 1 && Bands.Of(s).Pixels > 0;

    static int PackedWeights(ConvolutionShape s) =>
        checked(IntrinsicMath.DivRoundUp(s.K, RegisterTile.RightStep) * RegisterTile.RightStep * s.R * s.S * s.C);

    static int BandSlices(ConvolutionShape s, Bands bands) => IntrinsicMath.Min(MaxBandSlices, s.Batch * bands.Count(s));

    static void ForwardOfFewChannels(Stream stream, Tensor x, Tensor w, Tensor y, Tensor workspace, ConvolutionShape s)
    {
        var bands = Bands.Of(s);
        int threads = RegisterTile.Threads(stream.Device);
        stream.Launch(PackKernel, new Index2D(IntrinsicMath.DivRoundUp(s.K, RegisterTile.RightStep) * RegisterTile.RightStep,
            s.R * s.S * s.C), w.View, workspace.View, s.K, s.R * s.S * s.C);
        stream.Launch(
            s.K <= threads ? ForwardLinesKernel<OneColumn> : ForwardLinesKernel<WholeTile>,
            new KernelConfig(new Index3D(bands.Segments(s), bands.Count(s), s.Batch), new Index3D(threads, 1, 1)),
            x.View, workspace.View, y.View, s, bands);
    }

    static void WeightGradientOfFewChannels(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, ConvolutionShape s)
    {
        var bands = Bands.Of(s);
        int threads = RegisterTile.Threads(stream.Device), slices = BandSlices(s, bands);
        // Where a line is one segment, the pixels of a slice lie in the order of the sum.
        if (CardProduct.Suits(stream.Device) && bands.Segments(s) == 1)
        {
            SlicesOnCard(stream, x, dy, workspace, s, bands, slices);
        }
        else
        {
            stream.Launch(
                WeightGradientLinesKernel,
                new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(s.K, threads * RegisterTile.ThreadColumns), slices, 1),
                new Index3D(threads, 1, 1)),
                x.View, dy.View, workspace.View, s, bands);
        }

        ColumnSumOp.AddChunks(stream, workspace, dw, slices);
    }

    // One thread per column of the panels and row of the weights.
    static void PackKernel(Index2D index, ArrayView<float> w, ArrayView<float> packed, int cols, int depth)
    {
        int n = index.X, to = (n / RegisterTile.RightStep * depth + index.Y) * RegisterTile.RightStep + n % RegisterTile.RightStep;
        packed[to] = n < cols ? w[index.Y * cols + n] : 0f;
    }

    // One group per segment, band and image.
    static void ForwardLinesKernel<TColumns>(ArrayView<float> x, ArrayView<float> packed, ArrayView<float> y, ConvolutionShape s,
        Bands bands)
        where TColumns : unmanaged, ITileColumns
    {
        ArrayView<float> lines = SharedMemory.Allocate<float>(LineElements);
        int firstX = Grid.IdxX * bands.Pixels, firstY = Grid.IdxY * bands.Lines, run = s.S * s.C, depth = s.R * run, pitch = bands.Pitch(s),
            step = s.StrideX * s.C;
        int count = IntrinsicMath.Min(bands.Lines, s.OutHeight - firstY), pixels = IntrinsicMath.Min(bands.Pixels, s.OutWidth - firstX);
        CopyLines(x, lines, s, bands, Grid.IdxZ, firstY, firstX);
        Group.Barrier();
        for (int col = 0; col < s.K; col += default(TColumns).Count * Group.DimX)
        {
            int right = col / RegisterTile.RightStep * depth * RegisterTile.RightStep + col % RegisterTile.RightStep;
            for (int line = 0; line < count; line++)
            {
                for (int pixel = 0; pixel < pixels; pixel += RegisterTile.Rows)
                {
                    ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                    ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
                    for (int i = 0; i < RegisterTile.Rows; i++)
                        rows[i] = (((Grid.IdxZ * s.OutHeight) + firstY + line) * s.OutWidth + firstX + pixel + i) * s.K;
                    RegisterTile.Begin(sums, y, rows, col, s.K, true);
                    for (int r = 0; r < s.R; r++)
                    {
                        RegisterTile.Add(
                            sums, lines, (line * s.StrideY + r * s.DilationY) * pitch + pixel * step, step, 1, packed,
                            right + r * run * RegisterTile.RightStep, run, default(TColumns).Count);
                    }

                    RegisterTile.End(sums, y, rows, pixels - pixel, col, s.K, default(TColumns).Count);
                }
            }
        }
    }

    // One group per panel of columns and slice of the bands.
    static void WeightGradientLinesKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> du, ConvolutionShape s, Bands bands)
    {
        ArrayView<float> lines = SharedMemory.Allocate<float>(LineElements),
            gradients = SharedMemory.Allocate<float>(GradientRows * RegisterTile.RightStep);
        int run = s.S * s.C, depth = s.R * run, pitch = bands.Pitch(s), step = s.StrideX * s.C, col = Grid.IdxX * RegisterTile.Columns;
        int segments = bands.Segments(s), perImage = bands.Count(s), all = s.Batch * perImage;
        int first = Grid.IdxY * all / Grid.DimY * segments, end = (Grid.IdxY + 1) * all / Grid.DimY * segments;
        for (int part = first; part < end; part++)
        {
            int firstX = part % segments * bands.Pixels, band = part / segments, firstY = band % perImage * bands.Lines,
                image = band / perImage;
            int count = IntrinsicMath.Min(bands.Lines, s.OutHeight - firstY), pixels = IntrinsicMath.Min(bands.Pixels, s.OutWidth - firstX);
            Group.Barrier();
            CopyLines(x, lines, s, bands, image, firstY, firstX);
            CopyGradients(dy, gradients, s, image, firstY, firstX, col, count, pixels);
            Group.Barrier();
            for (int row = 0; row < depth; row += RegisterTile.Rows)
            {
                ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows), places = LocalMemory.Allocate<int>(RegisterTile.Rows);
                for (int i = 0; i < RegisterTile.Rows; i++)
                {
                    int at = IntrinsicMath.Min(row + i, depth - 1), r = at / run;
                    rows[i] = (Grid.IdxY * depth + at) * s.K;
                    places[i] = r * s.DilationY * pitch + at - r * run;
                }

                RegisterTile.Begin(sums, du, rows, col, s.K, part == first);
                for (int line = 0; line < count; line++)
                {
                    RegisterTile.Add(sums, lines, places, line * s.StrideY * pitch, step, gradients, line * pixels * RegisterTile.RightStep,
                        pixels);
                }

                RegisterTile.End(sums, du, rows, depth - row, col, s.K);
            }
        }
    }

    // Lines of the image under a segment, zeros outside of the image.
    static void CopyLines(ArrayView<float> x, ArrayView<float> lines, ConvolutionShape s, Bands bands, int image, int firstY, int firstX)
    {
        int pitch = bands.Pitch(s), rows = bands.Rows(s), width = s.Width * s.C;
        for (int row = 0; row < rows; row++)
        {
            int iy = firstY * s.StrideY - s.PaddingY + row, start = (image * s.Height + iy) * width;
            RegisterTile.CopyRun(
                lines, row * pitch, x, start + (firstX * s.StrideX - s.PaddingX) * s.C, pitch, start, iy >= 0
                && iy < s.Height ? start + width : start);
        }
    }

    // Gradients of a segment [line, pixel, 32], columns past the end 0.
    static void CopyGradients(ArrayView<float> dy, ArrayView<float> gradients, ConvolutionShape s, int image, int firstY, int firstX,
        int col, int count, int pixels)
    {
        int thread = Group.IdxX;
        bool isWhole = col + RegisterTile.Columns <= s.K;
        for (int line = 0; line < count; line++)
        {
            int from = ((image * s.OutHeight + firstY + line) * s.OutWidth + firstX) * s.K, to = line * pixels * RegisterTile.RightStep;
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                for (int j = 0; j < RegisterTile.ThreadColumns; j++)
                {
                    int c = col + thread + j * Group.DimX;
                    if (isWhole)
                    {
                        gradients[to + pixel * RegisterTile.RightStep + thread + j * Group.DimX] = dy[from + pixel * s.K + c];
                    }
                    else
                    {
                        gradients[to + pixel * RegisterTile.RightStep + thread + j * Group.DimX] = c < s.K
                            ? dy[from + pixel * s.K + c] : 0f;
                    }
                }
            }
        }
    }
}
