namespace Dalle2.Kernels;

/// <content>The gradient of the weights: formula and shapes are in Winograd.cs.</content>
static partial class WinogradOp
{
    // Slices of the tiles in a weight gradient: enough to keep a card busy, few enough to be added up cheaply.
    const int SliceTiles = 128;
    const int MaxSlices = 8;
    const int MaxSliceElements = 1 << 20;

    /// <summary>Elements of workspace that <see cref="WeightGradient"/> takes.</summary>
    public static int WeightGradientWorkspace(WinogradShape s) => checked(Slices(s) * Points(s) * s.K * s.N);

    /// <summary>Adds the gradient of the weights; the shape is that of the convolution itself.</summary>
    public static void WeightGradient(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, WinogradShape s)
    {
        if (s.Stride == 1)
            WeightGradient<ThreeTaps>(stream, x, dy, dw, workspace, s);
        else
            WeightGradient<TwoTaps>(stream, x, dy, dw, workspace, s);
    }

    static int Slices(WinogradShape s) =>
        IntrinsicMath.Clamp(IntrinsicMath.Min(s.Tiles / SliceTiles, MaxSliceElements / (Points(s) * s.K * s.N)), 1, MaxSlices);

    static void WeightGradient<TFilter>(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        if (stream.Device.SharedBytes >= LargeBlock.Bytes)
            WeightGradient<TFilter, LargeBlock>(stream, x, dy, workspace, s);
        else
            WeightGradient<TFilter, SmallBlock>(stream, x, dy, workspace, s);
        stream.Launch(FoldKernel<TFilter>, new Index2D(s.N, s.K), workspace.View, dw.View, s, Slices(s));
    }

    static void WeightGradient<TFilter, TBlock>(Stream stream, Tensor x, Tensor dy, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        TBlock block = default;
        int threads = RegisterTile.Threads(stream.Device), line = default(TFilter).Taps + 1, slices = Slices(s);
        int panels = IntrinsicMath.DivRoundUp(s.N, threads * RegisterTile.ThreadColumns);
        int wanted = IntrinsicMath.DivRoundUp(stream.Device.Threads == 1 ? 1 : 3 * stream.Device.Threads, line * slices);
        int mostPanels = IntrinsicMath.Max(1, block.Gradients / (line * Panel * 16));
        int panelsOfGroup = IntrinsicMath.Min(IntrinsicMath.DivRoundUp(panels, IntrinsicMath.Clamp(wanted, 1, panels)), mostPanels);
        int rows = IntrinsicMath.Min(s.K, block.Inputs / (line * 16) / 16 * 16);
        int tiles = IntrinsicMath.Min(block.Inputs / (line * rows), block.Gradients / (line * Panel * panelsOfGroup));
        stream.Launch(
            WeightGradientKernel<TFilter, TBlock>,
            new KernelConfig(new Index3D(IntrinsicMath.DivRoundUp(panels, panelsOfGroup) * IntrinsicMath.DivRoundUp(s.K, rows), slices, line), new Index3D(threads, 1, 1)),
            x.View, dy.View, workspace.View, s with { Flops = Work(s) }, tiles, rows, panelsOfGroup);
    }

    // One group per line of points, slice of the tiles, some rows of k and some panels of columns.
    static void WeightGradientKernel<TFilter, TBlock>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> du, WinogradShape s, int tiles, int rows, int panels)
        where TFilter : unmanaged, IWinogradFilter
        where TBlock : unmanaged, IWinogradBlock
    {
        ArrayView<float> v = SharedMemory.Allocate<float>(default(TBlock).Inputs), d = SharedMemory.Allocate<float>(default(TBlock).Gradients);
        TFilter filter = default;
        int line = filter.Taps + 1, thread = Group.IdxX, blocks = (s.K + rows - 1) / rows;
        int firstRow = Grid.IdxX % blocks * rows, count = IntrinsicMath.Min(rows, s.K - firstRow), firstCol = Grid.IdxX / blocks * panels * RegisterTile.Columns;
        int slice = (s.Tiles + Grid.DimY - 1) / Grid.DimY, end = IntrinsicMath.Min(s.Tiles, (Grid.IdxY + 1) * slice);
        for (int first = Grid.IdxY * slice; first < end || first == Grid.IdxY * slice; first += tiles)
        {
            int depth = IntrinsicMath.Max(0, IntrinsicMath.Min(tiles, end - first));
            Group.Barrier();
            TransformLineOfInputs<TFilter>(x, v, s, first, depth, tiles, firstRow, count, rows / 16);
            TransformLineOfGradients<TFilter>(dy, d, s, first, depth, tiles, firstCol, panels);
            Group.Barrier();
            for (int p = 0; p < line; p++)
            {
                for (int panel = 0; panel < panels; panel++)
                {
                    int col = firstCol + panel * RegisterTile.Columns;
                    for (int row = 0; row < count; row += RegisterTile.Rows)
                    {
                        ArrayView<float> sums = LocalMemory.Allocate<float>(RegisterTile.Rows * RegisterTile.ThreadColumns);
                        ArrayView<int> places = LocalMemory.Allocate<int>(RegisterTile.Rows);
                        for (int i = 0; i < RegisterTile.Rows; i++)
                            places[i] = (((Grid.IdxY * line + Grid.IdxZ) * line + p) * s.K + firstRow + row + i) * s.N;
                        RegisterTile.Begin(sums, du, places, col, s.N, first == Grid.IdxY * slice);
                        RegisterTile.Add(sums, v, (p * (rows / 16) + row / 16) * tiles * 16 + row % 16, 1, 16, d, (p * panels + panel) * tiles * Panel, depth);
                        RegisterTile.End(sums, du, places, RegisterTile.Rows, col, s.N);
                    }
                }
            }
        }
    }

    // V [point of the line, k / 16, tile, 16].
    static void TransformLineOfInputs<TFilter>(ArrayView<float> x, ArrayView<float> v, WinogradShape s, int first, int depth, int tiles, int firstRow, int count, int height)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int line = filter.Taps + 1, step = height * tiles * 16, firstPhase = firstRow / s.C;
        var at = TilePlace.Of(s, first);
        for (int tile = 0; tile < depth; tile++)
        {
            int firstChannel = firstRow - firstPhase * s.C, phaseY = firstPhase / s.InStep, phaseX = firstPhase - phaseY * s.InStep;
            for (int k = 0; k < count;)
            {
                int length = IntrinsicMath.Min(s.C - firstChannel, count - k);
                var window = new Window(s, at.Image, 2 * at.Y * s.InStep + phaseY - s.PaddingY, 2 * at.X * s.InStep + phaseX - s.PaddingX, line, s.InStep);
                if (window.IsInside)
                    TransformLineOfWindow<TFilter, Inside>(x, v, window, firstChannel, length, tile, k, tiles, step);
                else
                    TransformLineOfWindow<TFilter, Anywhere>(x, v, window, firstChannel, length, tile, k, tiles, step);
                k += length;
                firstChannel = 0;
                phaseX++;
                if (phaseX == s.InStep)
                {
                    phaseX = 0;
                    phaseY++;
                }
            }

            at = at.Next(s);
        }
    }

    static void TransformLineOfWindow<TFilter, TPlace>(ArrayView<float> x, ArrayView<float> v, Window window, int first, int length, int tile, int k, int tiles, int step)
        where TFilter : unmanaged, IWinogradFilter
        where TPlace : unmanaged, IPlace
    {
        TFilter filter = default;
        int line = filter.Taps + 1, one = filter.InputFirst(Grid.IdxZ), other = filter.InputSecond(Grid.IdxZ);
        float sign = filter.InputSign(Grid.IdxZ);
        for (int c = 0; c < length; c += Group.DimX)
        {
            ArrayView<float> d = LocalMemory.Allocate<float>(default(TFilter).Taps + 1);
            for (int j = 0; j < line; j++)
                d[j] = Fused.MultiplyAdd(sign, window.Pixel<TPlace>(x, other, j, first + c), window.Pixel<TPlace>(x, one, j, first + c));
            filter.Input(d, 0, 1);
            int to = ((k + c) / 16 * tiles + tile) * 16 + (k + c) % 16 + Group.IdxX;
            for (int p = 0; p < line; p++)
                v[to + p * step] = d[p];
        }
    }

    // D [point of the line, panel, tile, 32], columns past the end 0.
    static void TransformLineOfGradients<TFilter>(ArrayView<float> dy, ArrayView<float> d, WinogradShape s, int first, int depth, int tiles, int firstCol, int panels)
        where TFilter : unmanaged, IWinogradFilter
    {
        var at = TilePlace.Of(s, first);
        bool hasColumns = firstCol + panels * RegisterTile.Columns <= s.N;
        for (int tile = 0; tile < depth; tile++)
        {
            if (hasColumns && 2 * at.Y + 1 < s.OutHeight && 2 * at.X + 1 < s.OutWidth)
                TransformLineOfTile<TFilter, Inside>(dy, d, s, at, tile, tiles, firstCol, panels);
            else
                TransformLineOfTile<TFilter, Anywhere>(dy, d, s, at, tile, tiles, firstCol, panels);
            at = at.Next(s);
        }
    }

    static void TransformLineOfTile<TFilter, TPlace>(ArrayView<float> dy, ArrayView<float> d, WinogradShape s, TilePlace at, int tile, int tiles, int firstCol, int panels)
        where TFilter : unmanaged, IWinogradFilter
        where TPlace : unmanaged, IPlace
    {
        TFilter filter = default;
        int line = filter.Taps + 1, thread = Group.IdxX;
        for (int panel = 0; panel < panels; panel++)
        {
            for (int j = 0; j < RegisterTile.ThreadColumns; j++)
            {
                int col = firstCol + panel * RegisterTile.Columns + j * Group.DimX;
                ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Taps + 1);
                for (int b = 0; b < 2; b++)
                {
                    // Row z of A': y0, then y0 + y1 and, with three taps, y0 - y1, then -y1.
                    if (Grid.IdxZ == 0)
                        g[b] = Gradient<TPlace>(dy, s, at, 0, b, col);
                    else if (Grid.IdxZ == line - 1)
                        g[b] = -Gradient<TPlace>(dy, s, at, 1, b, col);
                    else if (Grid.IdxZ == 1)
                        g[b] = Gradient<TPlace>(dy, s, at, 0, b, col) + Gradient<TPlace>(dy, s, at, 1, b, col);
                    else
                        g[b] = Gradient<TPlace>(dy, s, at, 0, b, col) - Gradient<TPlace>(dy, s, at, 1, b, col);
                }

                filter.OutputGradient(g, 0, 1);
                for (int p = 0; p < line; p++)
                    d[((p * panels + panel) * tiles + tile) * Panel + thread + j * Group.DimX] = g[p];
            }
        }
    }

    // All of a group's columns or none of them: N is a multiple of 16.
    static float Gradient<TPlace>(ArrayView<float> dy, WinogradShape s, TilePlace at, int a, int b, int col)
        where TPlace : unmanaged, IPlace
    {
        int y = 2 * at.Y + a, x = 2 * at.X + b;
        bool isThere = default(TPlace).IsInside || (y < s.OutHeight && x < s.OutWidth && col < s.N);
        float value = dy[(isThere ? ((at.Image * s.OutHeight + y) * s.OutWidth + x) * s.N + col : 0) + Group.IdxX];
        return isThere ? value : 0f;
    }

    // One thread per column and k.
    static void FoldKernel<TFilter>(Index2D index, ArrayView<float> du, ArrayView<float> dw, WinogradShape s, int slices)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int taps = filter.Taps, line = filter.Taps + 1, points = line * line, n = index.X, k = index.Y, q = k / s.C, c = k - q * s.C;
        ArrayView<float> g = LocalMemory.Allocate<float>((default(TFilter).Taps + 1) * (default(TFilter).Taps + 1));
        for (int p = 0; p < points; p++)
            g[p] = 0f;
        for (int slice = 0; slice < slices; slice++)
        {
            for (int p = 0; p < points; p++)
                g[p] += du[((slice * points + p) * s.K + k) * s.N + n];
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
                dw[((r * taps * s.Stride + t) * s.C + c) * s.N + n] += g[a * line + b];
            }
        }
    }
}
