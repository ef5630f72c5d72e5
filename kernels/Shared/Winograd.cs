// Convolutions of 3 x 3 taps with stride 1 and of 4 x 4 taps with stride 2 by minimal filtering F(m, R) (WinogradFilter.cs): m x m outputs make a tile.
//   With stride 2 the pixels that are 2 apart are a phase. Four phases of the input meet 2 x 2 taps each, as channels; the adjoint has four phases of outputs.
//   source [batch, height, width, C]   result [batch, outHeight, outWidth, N]; C and N are multiples of 16
//   P = (m + R - 1)^2 points, k goes through the input's phases and their channels, K in all:
//   weights U[phase, panel, p, k, 32] = G g G'                     written (=), panels of 32 columns of N, columns past the end 0
//   result [tile's m x m] = A (sum over k of V[p, tile, k] U[p, k, n]) A',  V = B d B'       written (=): chains of fused multiply-adds over k, rising
//   gradient of the weights  dw += G' (sum over tiles of V[p, tile, k] D[p, tile, n]) G,  D = A' dy A    (added to, +=)
//     slices of the tiles each have a chain of their own, in rising order; dU [slice, k / 16, panel, p, 16, 32] holds them; then slices are added in rising order
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>Convolutions and their gradients by minimal filtering.</summary>
static partial class WinogradOp
{
    const int Panel = RegisterTile.RightStep;

    // Keeps what lies one point behind the other from falling on the same lines of a cache.
    const int PointPadding = 16;

    // Eight tiles and 16 values of k.
    const int EightRows = RegisterTile.Rows * 16;

    // Values of k whose weights a group transforms.
    const int WeightRows = 16;

    /// <summary>Elements of workspace that <see cref="Convolve"/> takes on a device.</summary>
    public static int ConvolveWorkspace(Device device, WinogradShape s) =>
        CardProduct.Suits(device) ? ConvolveWorkspaceOnCard(device, s) : ConvolveWorkspace(s);

    static int ConvolveWorkspace(WinogradShape s) => checked(TransformedWeights(s) + (s.IsAdjoint != 0 ? s.AllTaps * s.C * s.N : 0));

    static int TransformedWeights(WinogradShape s) => checked(s.Phases * IntrinsicMath.DivRoundUp(s.N, Panel) * Panel * s.Points * s.K);

    /// <summary>The convolution, or its adjoint.</summary>
    public static void Convolve(Stream stream, Tensor source, Tensor w, Tensor result, Tensor workspace, WinogradShape s)
    {
        if (s.Taps == 3)
            Convolve<TwoOfThreeTaps>(stream, source, w, result, workspace, s);
        else if (s.Outputs == 2)
            Convolve<TwoOfTwoTaps>(stream, source, w, result, workspace, s);
        else
            Convolve<FourOfTwoTaps>(stream, source, w, result, workspace, s);
    }

    static double Work(WinogradShape s) => 2.0 * s.Tiles * s.Phases * s.Points * s.K * s.N;

    static void Convolve<TFilter>(Stream stream, Tensor source, Tensor w, Tensor result, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        bool isCard = CardProduct.Suits(stream.Device);
        if (s.N % Panel != 0 && !isCard)
            stream.Clear(workspace.View);
        ArrayView<float> weights = w.View;
        if (s.IsAdjoint != 0)
        {
            // Its columns are the rows of the weights.
            weights = workspace.View.SubView(TransformedWeights(s), w.Length);
            TransposeOp.Transpose(stream, w.View, weights, s.AllTaps, s.N, s.C);
        }

        if (isCard)
        {
            ConvolveOnCard<TFilter>(stream, source, weights, result, workspace, s);
            return;
        }

        int threads = RegisterTile.Threads(stream.Device);
        stream.Launch(
            WeightsKernel<TFilter>, new KernelConfig(new Index3D(s.N / threads, s.K / WeightRows, s.Phases), new Index3D(threads, 1, 1)),
            weights, workspace.View.SubView(0, TransformedWeights(s)), s);
        if (stream.Device.Properties.SharedBytesPerGroup >= LargeBlock.Bytes)
            Convolve<TFilter, LargeBlock>(stream, source, result, workspace, s);
        else
            Convolve<TFilter, SmallBlock>(stream, source, result, workspace, s);
    }

    static void Convolve<TFilter, TBlock>(Stream stream, Tensor source, Tensor result, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        // All of k at once if it fits: then the inputs of a group are transformed once for all its columns.
        TBlock block = default;
        int threads = RegisterTile.Threads(stream.Device), points = s.Points;
        int inputs = block.Inputs / points - PointPadding, piece = IntrinsicMath.Min(s.K, inputs / RegisterTile.Rows / 16 * 16);
        int tiles = IntrinsicMath.Min(IntrinsicMath.Max(s.Outputs == 4 ? block.Tiles / 2 : block.Tiles, RegisterTile.Rows),
            inputs / piece / RegisterTile.Rows * RegisterTile.Rows);
        tiles = IntrinsicMath.Min(tiles, IntrinsicMath.DivRoundUp(s.Tiles, RegisterTile.Rows) * RegisterTile.Rows);
        int blocks = IntrinsicMath.DivRoundUp(s.Tiles, tiles), panels = IntrinsicMath.DivRoundUp(s.N, threads * RegisterTile.ThreadColumns);
        int processors = stream.Device.Properties.Processors,
            wanted = IntrinsicMath.DivRoundUp(processors == 1 ? 1 : 2 * processors, blocks * s.Phases);
        int panelsOfGroup = IntrinsicMath.DivRoundUp(panels, IntrinsicMath.Clamp(wanted, 1, panels));
        stream.Launch(
            ConvolveKernel<TFilter, TBlock>,
            new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(panels, panelsOfGroup), blocks, s.Phases), new Index3D(threads, 1, 1)),
            source.View, workspace.View, result.View, s with { Flops = Work(s) }, tiles, piece, panelsOfGroup);
    }

    // One group per as many columns of the result as it has threads, 16 values of k and a phase.
    static void WeightsKernel<TFilter>(ArrayView<float> w, ArrayView<float> u, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        int q = Grid.IdxY * WeightRows / s.C;
        for (int k = Grid.IdxY * WeightRows; k < (Grid.IdxY + 1) * WeightRows; k++)
            TransformWeights<TFilter>(w, u, s, Grid.IdxX * Group.DimX, Group.IdxX, Grid.IdxZ, k, q);
    }

    // The weights of one phase, value of k, which belongs to a place q of the stride, and column.
    static void TransformWeights<TFilter>(ArrayView<float> w, ArrayView<float> u, WinogradShape s, int col, int thread, int phase, int k,
        int q)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int taps = filter.Taps, line = filter.Line, side = filter.Taps * s.Stride, panels = (s.N + Panel - 1) / Panel, c = k - q * s.C,
            n = col + thread, to = (phase * panels + col / Panel) * line * line * s.K * Panel + col % Panel + thread;
        ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
        for (int a = 0; a < taps; a++)
        {
            for (int b = 0; b < taps; b++)
            {
                int r = a * s.Stride + q / s.Stride, t = b * s.Stride + q % s.Stride;
                if (s.IsAdjoint != 0)
                {
                    r = s.FirstTap(phase / s.Stride, s.PaddingY) + s.Stride * (taps - 1 - a);
                    t = s.FirstTap(phase % s.Stride, s.PaddingX) + s.Stride * (taps - 1 - b);
                }

                g[a * line + b] = w[((r * side + t) * s.C + c) * s.N + n];
            }
        }

        for (int a = 0; a < taps; a++)
            filter.Weights(g, a * line, 1);
        for (int b = 0; b < line; b++)
            filter.Weights(g, b, line);
        for (int p = 0; p < line * line; p++)
            u[to + (p * s.K + k) * Panel] = g[p];
    }

    // One group per some tiles of a phase and some panels of columns.
    static void ConvolveKernel<TFilter, TBlock>(
        ArrayView<float> source, ArrayView<float> u, ArrayView<float> result, WinogradShape s, int tiles, int piece, int panels)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        ArrayView<float> v = SharedMemory.Allocate<float>(default(TBlock).Inputs);
        ArrayView<float> m = SharedMemory.Allocate<float>((default(TBlock).Tiles * Panel + PointPadding) * default(TFilter).Line
            * default(TFilter).Line);
        TFilter filter = default;
        int line = filter.Line, points = line * line, allPanels = (s.N + Panel - 1) / Panel, blocks = piece / 16;
        // The last group along the columns may have fewer panels.
        int count = IntrinsicMath.Min(panels, (s.N + RegisterTile.Columns - 1) / RegisterTile.Columns - Grid.IdxX * panels);
        for (int panel = 0; panel < count; panel++)
        {
            int col = (Grid.IdxX * panels + panel) * RegisterTile.Columns;
            for (int start = 0; start < s.K; start += piece)
            {
                int depth = IntrinsicMath.Min(piece, s.K - start);
                if (panel == 0 || piece < s.K)
                {
                    Group.Barrier();
                    TransformInputs<TFilter>(source, v, s, Grid.IdxY * tiles, tiles, start, depth, blocks * EightRows, EightRows,
                        tiles * blocks * 16 + PointPadding);
                    Group.Barrier();
                }

                for (int p = 0; p < points; p++)
                {
                    int right = ((Grid.IdxZ * allPanels + col / Panel) * points + p) * s.K * Panel + start * Panel + col % Panel;
                    if (IsHalf(col, s.N))
                        MultiplyPoint(v, u, right, m, p, tiles, blocks, depth, start == 0, 1);
                    else
                        MultiplyPoint(v, u, right, m, p, tiles, blocks, depth, start == 0, RegisterTile.ThreadColumns);
                }
            }

            // A thread reads what it wrote itself: no barrier.
            TransformOutputs<TFilter>(m, result, s, tiles, col);
        }
    }

    // Whether only the first of a thread's columns are there.
    static bool IsHalf(int col, int n) => col + Group.DimX >= n;

    // One point's products of all tiles, of so many of a thread's columns, a constant.
    static void MultiplyPoint(ArrayView<float> v, ArrayView<float> u, int right, ArrayView<float> m, int p, int tiles, int blocks,
        int depth, bool fromZero, int columns)
    {
        for (int tile = 0; tile < tiles; tile += RegisterTile.Rows)
        {
            ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
            ArrayView<int> rows = LocalMemory.Allocate<int>(RegisterTile.Rows);
            for (int i = 0; i < RegisterTile.Rows; i++)
                rows[i] = p * PointPadding + (p * tiles + tile + i) * Panel;
            RegisterTile.Begin(sums, m, rows, 0, Panel, fromZero);
            int left = p * PointPadding + (p * tiles + tile) * blocks * 16;
            for (int k = 0; k < depth; k += 16)
                RegisterTile.Add(sums, v, left + k * RegisterTile.Rows, 16, 1, u, right + k * Panel, 16, columns);
            RegisterTile.End(sums, m, rows, RegisterTile.Rows, 0, Panel, columns);
        }
    }

    static void TransformOutputs<TFilter>(ArrayView<float> m, ArrayView<float> result, WinogradShape s, int tiles, int col)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int phaseY = Grid.IdxZ / s.OutStep, phaseX = Grid.IdxZ - phaseY * s.OutStep, last = (filter.Outputs - 1) * s.OutStep;
        int count = IntrinsicMath.Min(tiles, s.Tiles - Grid.IdxY * tiles);
        var at = TilePlace.Of(s, Grid.IdxY * tiles);
        for (int tile = 0; tile < count; tile++)
        {
            int y = filter.Outputs * at.Y * s.OutStep + phaseY, x = filter.Outputs * at.X * s.OutStep + phaseX, from = tile * Panel;
            if (y + last < s.OutHeight && x + last < s.OutWidth)
                TransformTile<TFilter, Inside>(m, from, tiles, result, s, at.Image, y, x, col);
            else
                TransformTile<TFilter, Anywhere>(m, from, tiles, result, s, at.Image, y, x, col);
            at = at.Next(s);
        }
    }

    static void TransformTile<TFilter, TPlace>(ArrayView<float> m, int from, int tiles, ArrayView<float> result, WinogradShape s, int image,
        int y, int x, int col)
        where TFilter : unmanaged, IWinogradFilter
        where TPlace : unmanaged, IPlace
    {
        TFilter filter = default;
        int line = filter.Line, thread = Group.IdxX, right = s.OutStep * s.N, lower = right * s.OutWidth,
            to = ((image * s.OutHeight + y) * s.OutWidth + x) * s.N + thread;
        for (int j = 0; j < RegisterTile.ThreadColumns; j++)
        {
            // All of a group's columns or none of them: N is a multiple of 16.
            int column = col + j * Group.DimX;
            if (column >= s.N)
                continue;
            ArrayView<float> d = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
            for (int p = 0; p < line * line; p++)
                d[p] = m[p * PointPadding + p * tiles * Panel + from + thread + j * Group.DimX];
            for (int i = 0; i < line; i++)
                filter.Output(d, i * line, 1);
            for (int b = 0; b < filter.Outputs; b++)
                filter.Output(d, b, line);
            for (int a = 0; a < filter.Outputs; a++)
            {
                for (int b = 0; b < filter.Outputs; b++)
                {
                    if (default(TPlace).IsInside || (y + a * s.OutStep < s.OutHeight && x + b * s.OutStep < s.OutWidth))
                        result[to + column + a * lower + b * right] = d[a * line + b];
                }
            }
        }
    }

    // How much a group holds in shared memory, in elements. All constants.
    internal interface IWinogradBlock
    {
        // Transformed inputs.
        int Inputs { get; }

        // Transformed gradients.
        int Gradients { get; }

        // Tiles at most whose products are summed at a time.
        int Tiles { get; }

        // Values of k and columns at most of a gradient of the weights.
        int Rows { get; }

        int Columns { get; }
    }

    // What fits into a processor's second cache.
    internal readonly struct LargeBlock : IWinogradBlock
    {
        public const int Bytes = 900 << 10;

        public int Inputs => 132 << 10;

        public int Gradients => 64 << 10;

        public int Tiles => 64;

        public int Rows => 128;

        public int Columns => 64;
    }

    // What fits into the 48 KiB that a group may have everywhere.
    internal readonly struct SmallBlock : IWinogradBlock
    {
        public int Inputs => 4096;

        public int Gradients => 4096;

        public int Tiles => 8;

        public int Rows => 16;

        public int Columns => 32;
    }
}
