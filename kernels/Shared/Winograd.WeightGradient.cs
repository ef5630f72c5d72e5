using System.Numerics;
using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <content>The gradient of the weights: formula and shapes are in Winograd.cs.</content>
static partial class WinogradOp
{
    // Slices of the tiles in a weight gradient: enough to keep a card busy, few enough to be added up cheaply. A power of two, so that cores share them evenly.
    const int SliceTiles = 128;
    const int MaxSlices = 8;
    const int MaxSliceElements = 1 << 20;

    // Rows of k that lie together in dU.
    const int GradientRows = 16;

    /// <summary>Elements of workspace that <see cref="WeightGradient"/> takes on a device.</summary>
    public static int WeightGradientWorkspace(Device device, WinogradShape s) =>
        CardProduct.Suits(device) ? WeightGradientWorkspaceOnCard(device, s)
        : checked(Slices(s) * s.Points * s.K * IntrinsicMath.DivRoundUp(s.N, Panel) * Panel);

    /// <summary>Adds the gradient of the weights; the shape is that of the convolution itself.</summary>
    public static void WeightGradient(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, WinogradShape s)
    {
        if (s.Taps == 3)
            WeightGradient<TwoOfThreeTaps>(stream, x, dy, dw, workspace, s);
        else if (s.Outputs == 2)
            WeightGradient<TwoOfTwoTaps>(stream, x, dy, dw, workspace, s);
        else
            WeightGradient<FourOfTwoTaps>(stream, x, dy, dw, workspace, s);
    }

    static int Slices(WinogradShape s)
    {
        int most = IntrinsicMath.Clamp(IntrinsicMath.Min(s.Tiles / SliceTiles, MaxSliceElements / (s.Points * s.K * s.N)), 1, MaxSlices);
        return 1 << BitOperations.Log2((uint)most);
    }

    static void WeightGradient<TFilter>(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        if (CardProduct.Suits(stream.Device))
        {
            WeightGradientOnCard<TFilter>(stream, x, dy, dw, workspace, s);
            return;
        }

        if (stream.Device.Properties.SharedBytesPerGroup >= LargeBlock.Bytes)
            WeightGradient<TFilter, LargeBlock>(stream, x, dy, workspace, s);
        else
            WeightGradient<TFilter, SmallBlock>(stream, x, dy, workspace, s);
        int threads = RegisterTile.Threads(stream.Device);
        stream.Launch(
            FoldKernel<TFilter>, new KernelConfig(new Index3D(s.N / threads, s.K / GradientRows, 1), new Index3D(threads, 1, 1)),
            workspace.View, dw.View, s, Slices(s));
    }

    static void WeightGradient<TFilter, TBlock>(Stream stream, Tensor x, Tensor dy, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        TBlock block = default;
        int threads = RegisterTile.Threads(stream.Device), rows = IntrinsicMath.Min(s.K, block.Rows);
        int columns = IntrinsicMath.Min(block.Columns, IntrinsicMath.DivRoundUp(s.N, Panel) * Panel);
        int tiles = IntrinsicMath.Min((block.Inputs / s.Points - PointPadding) / rows,
            (block.Gradients / s.Points - PointPadding) / columns);
        stream.Launch(
            WeightGradientKernel<TFilter, TBlock>,
            new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(s.N, columns) * IntrinsicMath.DivRoundUp(s.K, rows), Slices(s), 1),
            new Index3D(threads, 1, 1)),
            x.View, dy.View, workspace.View, s with { Flops = Work(s) }, tiles, rows, columns);
    }

    // One group per slice of the tiles, some rows of k and some columns.
    static void WeightGradientKernel<TFilter, TBlock>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> du, WinogradShape s, int tiles, int rows, int columns)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        ArrayView<float> v = SharedMemory.Allocate<float>(default(TBlock).Inputs),
            d = SharedMemory.Allocate<float>(default(TBlock).Gradients);
        TFilter filter = default;
        int points = filter.Line * filter.Line, blocks = (s.K + rows - 1) / rows, allPanels = (s.N + Panel - 1) / Panel;
        int firstRow = Grid.IdxX % blocks * rows, count = IntrinsicMath.Min(rows, s.K - firstRow), firstCol = Grid.IdxX / blocks * columns;
        // The last group along the columns may have fewer of them.
        int width = IntrinsicMath.Min(columns, s.N - firstCol), step = columns * tiles + PointPadding;
        int slice = (s.Tiles + Grid.DimY - 1) / Grid.DimY, end = IntrinsicMath.Min(s.Tiles, (Grid.IdxY + 1) * slice);
        for (int first = Grid.IdxY * slice; first < end || first == Grid.IdxY * slice; first += tiles)
        {
            int depth = IntrinsicMath.Max(0, IntrinsicMath.Min(tiles, end - first));
            Group.Barrier();
            TransformInputs<TFilter>(x, v, s, first, depth, firstRow, count, EightRows, tiles * 16, rows * tiles + PointPadding);
            TransformGradients<TFilter>(dy, d, s, first, depth, tiles, firstCol, width, step);
            Group.Barrier();
            for (int p = 0; p < points; p++)
            {
                for (int col = 0; col < width; col += RegisterTile.Columns)
                {
                    for (int row = 0; row < count; row += RegisterTile.Rows)
                    {
                        ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                        ArrayView<int> places = LocalMemory.Allocate<int>(RegisterTile.Rows);
                        int place = Place(s.K, allPanels, points, Grid.IdxY, firstRow + row, firstCol + col) + p * GradientRows * Panel;
                        for (int i = 0; i < RegisterTile.Rows; i++)
                            places[i] = place + i * Panel;
                        RegisterTile.Begin(sums, du, places, 0, Panel, first == Grid.IdxY * slice);
                        int left = p * (rows * tiles + PointPadding) + row / 16 * tiles * 16 + row % 16,
                            right = p * step + col / Panel * tiles * Panel + col % Panel;
                        if (IsHalf(firstCol + col, s.N))
                            RegisterTile.Add(sums, v, left, 1, 16, d, right, depth, 1);
                        else
                            RegisterTile.Add(sums, v, left, 1, 16, d, right, depth);
                        RegisterTile.End(sums, du, places, RegisterTile.Rows, 0, Panel);
                    }
                }
            }
        }
    }

    // Where a value of k and a column lie in dU, at the first point.
    static int Place(int k, int panels, int points, int slice, int row, int col) =>
        ((slice * (k / GradientRows) + row / GradientRows) * panels + col / Panel) * points * GradientRows * Panel + row % GradientRows
        * Panel + col % Panel;

    // D [p, panel, tile, 32]; points are step apart.
    static void TransformGradients<TFilter>(ArrayView<float> dy, ArrayView<float> d, WinogradShape s, int first, int depth, int tiles,
        int firstCol, int columns, int step)
        where TFilter : unmanaged, IWinogradFilter
    {
        int outputs = default(TFilter).Outputs;
        var at = TilePlace.Of(s, first);
        for (int tile = 0; tile < depth; tile++)
        {
            if ((at.Y + 1) * outputs <= s.OutHeight && (at.X + 1) * outputs <= s.OutWidth)
                TransformGradient<TFilter, Inside>(dy, d, s, at, tile, tiles, firstCol, columns, step);
            else
                TransformGradient<TFilter, Anywhere>(dy, d, s, at, tile, tiles, firstCol, columns, step);
            at = at.Next(s);
        }
    }

    static void TransformGradient<TFilter, TPlace>(ArrayView<float> dy, ArrayView<float> d, WinogradShape s, TilePlace at, int tile,
        int tiles, int firstCol, int columns, int step)
        where TFilter : unmanaged, IWinogradFilter
        where TPlace : unmanaged, IPlace
    {
        TFilter filter = default;
        int line = filter.Line;
        for (int col = 0; col < columns; col += Group.DimX)
        {
            ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
            for (int a = 0; a < filter.Outputs; a++)
            {
                for (int b = 0; b < filter.Outputs; b++)
                {
                    g[a * line + b] = Gradient<TPlace>(dy, s, at.Image, filter.Outputs * at.Y + a, filter.Outputs * at.X + b,
                        firstCol + col);
                }
            }

            for (int a = 0; a < filter.Outputs; a++)
                filter.OutputGradient(g, a * line, 1);
            for (int b = 0; b < line; b++)
                filter.OutputGradient(g, b, line);
            int to = (col / Panel * tiles + tile) * Panel + col % Panel + Group.IdxX;
            for (int p = 0; p < line * line; p++)
                d[to + p * step] = g[p];
        }
    }

    // All of a group's columns or none of them: N is a multiple of 16.
    static float Gradient<TPlace>(ArrayView<float> dy, WinogradShape s, int image, int y, int x, int col)
        where TPlace : unmanaged, IPlace
    {
        bool isThere = default(TPlace).IsInside || (y < s.OutHeight && x < s.OutWidth);
        float value = dy[(isThere ? ((image * s.OutHeight + y) * s.OutWidth + x) * s.N + col : 0) + Group.IdxX];
        return isThere ? value : 0f;
    }

    // One group per as many columns as it has threads and 16 values of k.
    static void FoldKernel<TFilter>(ArrayView<float> du, ArrayView<float> dw, WinogradShape s, int slices)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int taps = filter.Taps, line = filter.Line, points = line * line, panels = (s.N + Panel - 1) / Panel, col = Grid.IdxX * Group.DimX,
            q = Grid.IdxY * GradientRows / s.C;
        for (int k = Grid.IdxY * GradientRows; k < (Grid.IdxY + 1) * GradientRows; k++)
        {
            ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
            for (int p = 0; p < points; p++)
                g[p] = 0f;
            for (int slice = 0; slice < slices; slice++)
            {
                int place = Place(s.K, panels, points, slice, k, col) + Group.IdxX;
                for (int p = 0; p < points; p++)
                    g[p] += du[place + p * GradientRows * Panel];
            }

            for (int i = 0; i < line; i++)
                filter.WeightGradient(g, i * line, 1);
            for (int b = 0; b < taps; b++)
                filter.WeightGradient(g, b, line);
            for (int a = 0; a < taps; a++)
            {
                for (int b = 0; b < taps; b++)
                {
                    int r = a * s.Stride + q / s.Stride, t = b * s.Stride + q % s.Stride;
                    dw[((r * taps * s.Stride + t) * s.C + k - q * s.C) * s.N + col + Group.IdxX] += g[a * line + b];
                }
            }
        }
    }
}
