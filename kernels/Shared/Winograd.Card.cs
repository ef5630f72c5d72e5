using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <content>
/// Minimal filtering on cards: transformed values and products go through the workspace, so that every launch fills the card. The sums are those of the other devices, in the same order.
///   V[phase, point, tile, k] = B d B'     M[phase, point, tile, n] = sum over k of V U, rising     result = A M A'      (all written, =)
///   D[point, tile, n] = A' dy A     dU[slice, point, k, n] = sum over the slice's tiles of V D, rising     dw += G' (sum over the slices of dU, rising) G
/// </content>
static partial class WinogradOp
{
    // What V, with M or D, may take of the workspace decides how many tiles, or slices of them, go at a time.
    static int CardTiles(Device device, WinogradShape s) =>
        (int)Math.Clamp(HandoverElements(device) / ((long)s.Phases * s.Points * (s.K + s.N)), 1, IntrinsicMath.Max(1, s.Tiles));

    static int HandoverElements(Device device) => device.Properties.HandoverBytes / sizeof(float);

    static int SliceTilesOf(WinogradShape s) => IntrinsicMath.DivRoundUp(s.Tiles, Slices(s));

    static int CardSlices(Device device, WinogradShape s) =>
        (int)Math.Clamp(HandoverElements(device) / ((long)SliceTilesOf(s) * s.Points * (s.K + s.N)), 1, Slices(s));

    static int ConvolveWorkspaceOnCard(Device device, WinogradShape s) =>
        checked(ConvolveWorkspace(s) + CardTiles(device, s) * s.Phases * s.Points * (s.K + s.N));

    static int WeightGradientWorkspaceOnCard(Device device, WinogradShape s) =>
        checked(Slices(s) * s.Points * s.K * s.N + CardSlices(device, s) * SliceTilesOf(s) * s.Points * (s.K + s.N));

    static void ConvolveOnCard<TFilter>(Stream stream, Tensor source, ArrayView<float> w, Tensor result, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        int first = ConvolveWorkspace(s), most = CardTiles(stream.Device, s);
        ArrayView<float> u = workspace.View.SubView(0, TransformedWeights(s));
        stream.Launch(CardWeightsKernel<TFilter>, new Index2D(s.N, s.Phases * s.K), w, u, s);
        var forms = new CardForms<PointShape>(PointKernel<LargeFloatTile>, PointKernel<MediumFloatTile>, PointKernel<SmallFloatTile>);
        for (int tile = 0; tile < s.Tiles; tile += most)
        {
            int tiles = IntrinsicMath.Min(most, s.Tiles - tile), inputs = s.Phases * s.Points * tiles * s.K;
            ArrayView<float> v = workspace.View.SubView(first, inputs),
                m = workspace.View.SubView(first + inputs, s.Phases * s.Points * tiles * s.N);
            stream.Launch(InputsKernel<TFilter>, new Index2D(s.K, s.Phases * tiles), source.View, v, s, tile, tiles);
            var shape = new PointShape(s, tiles, Work(s) / s.Tiles * tiles);
            CardProduct.Launch(stream, forms, v, u, m, shape, tiles, s.N, s.Phases * s.Points);
            stream.Launch(OutputsKernel<TFilter>, new Index2D(s.N, s.Phases * tiles), m, result.View, s, tile, tiles);
        }
    }

    static void WeightGradientOnCard<TFilter>(Stream stream, Tensor x, Tensor dy, Tensor dw, Tensor workspace, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        int slices = Slices(s), slice = SliceTilesOf(s), most = CardSlices(stream.Device, s), each = s.Points * s.K * s.N;
        var forms = new CardForms<PointShape>(SlicesKernel<LargeFloatTile>, SlicesKernel<MediumFloatTile>, SlicesKernel<SmallFloatTile>);
        for (int at = 0; at < slices; at += most)
        {
            int count = IntrinsicMath.Min(most, slices - at), tile = at * slice,
                tiles = IntrinsicMath.Clamp(s.Tiles - tile, 0, count * slice);
            int inputs = s.Points * tiles * s.K;
            ArrayView<float> v = workspace.View.SubView(slices * each, inputs),
                d = workspace.View.SubView(slices * each + inputs, s.Points * tiles * s.N);
            stream.Launch(InputsKernel<TFilter>, new Index2D(s.K, tiles), x.View, v, s, tile, tiles);
            stream.Launch(GradientsKernel<TFilter>, new Index2D(s.N, tiles), dy.View, d, s, tile, tiles);
            var shape = new PointShape(s, tiles, Work(s) / s.Tiles * tiles, slice);
            CardProduct.Launch(stream, forms, v, d, workspace.View.SubView(at * each, count * each), shape, s.K, s.N, count * s.Points);
        }

        stream.Launch(AddSlicesKernel<TFilter>, new Index2D(s.N, s.K), workspace.View.SubView(0, slices * each), dw.View, s,
            slices);
    }

    // One thread per column, value of k and phase.
    static void CardWeightsKernel<TFilter>(Index2D index, ArrayView<float> w, ArrayView<float> u, WinogradShape s)
        where TFilter : unmanaged, IWinogradFilter
    {
        int phase = index.Y / s.K, k = index.Y - phase * s.K;
        TransformWeights<TFilter>(w, u, s, index.X, 0, phase, k, k / s.C);
    }

    // One thread per value of k, tile and phase.
    static void InputsKernel<TFilter>(Index2D index, ArrayView<float> source, ArrayView<float> v, WinogradShape s, int firstTile, int tiles)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int line = filter.Line, phase = index.Y / tiles, tile = index.Y - phase * tiles, q = index.X / s.C, c = index.X - q * s.C;
        var at = TilePlace.Of(s, firstTile + tile);
        int y = at.Y * filter.Outputs * s.InStep + q / s.InStep + s.Offset(phase / s.OutStep, s.PaddingY, filter.Taps),
            x = at.X * filter.Outputs * s.InStep + q % s.InStep + s.Offset(phase % s.OutStep, s.PaddingX, filter.Taps);
        ArrayView<float> d = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
        for (int i = 0; i < line; i++)
        {
            for (int j = 0; j < line; j++)
            {
                int row = y + i * s.InStep, column = x + j * s.InStep;
                bool isThere = row >= 0 && row < s.Height && column >= 0 && column < s.Width;
                d[i * line + j] = isThere ? source[((at.Image * s.Height + row) * s.Width + column) * s.C + c] : 0f;
            }
        }

        for (int i = 0; i < line; i++)
            filter.Input(d, i * line, 1);
        for (int j = 0; j < line; j++)
            filter.Input(d, j, line);
        for (int p = 0; p < line * line; p++)
            v[((phase * line * line + p) * tiles + tile) * s.K + index.X] = d[p];
    }

    // One thread per column, tile and phase.
    static void OutputsKernel<TFilter>(Index2D index, ArrayView<float> m, ArrayView<float> result, WinogradShape s, int firstTile,
        int tiles)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int line = filter.Line, phase = index.Y / tiles, tile = index.Y - phase * tiles;
        var at = TilePlace.Of(s, firstTile + tile);
        int y = filter.Outputs * at.Y * s.OutStep + phase / s.OutStep, x = filter.Outputs * at.X * s.OutStep + phase % s.OutStep;
        ArrayView<float> d = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
        for (int p = 0; p < line * line; p++)
            d[p] = m[((phase * line * line + p) * tiles + tile) * s.N + index.X];
        for (int i = 0; i < line; i++)
            filter.Output(d, i * line, 1);
        for (int b = 0; b < filter.Outputs; b++)
            filter.Output(d, b, line);
        for (int a = 0; a < filter.Outputs; a++)
        {
            for (int b = 0; b < filter.Outputs; b++)
            {
                int row = y + a * s.OutStep, column = x + b * s.OutStep;
                if (row < s.OutHeight && column < s.OutWidth)
                    result[((at.Image * s.OutHeight + row) * s.OutWidth + column) * s.N + index.X] = d[a * line + b];
            }
        }
    }

    // One thread per column and tile.
    static void GradientsKernel<TFilter>(Index2D index, ArrayView<float> dy, ArrayView<float> d, WinogradShape s, int firstTile, int tiles)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int line = filter.Line;
        var at = TilePlace.Of(s, firstTile + index.Y);
        ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
        for (int a = 0; a < filter.Outputs; a++)
        {
            for (int b = 0; b < filter.Outputs; b++)
            {
                int row = filter.Outputs * at.Y + a, column = filter.Outputs * at.X + b;
                g[a * line + b] = row < s.OutHeight && column < s.OutWidth
                    ? dy[((at.Image * s.OutHeight + row) * s.OutWidth + column) * s.N + index.X] : 0f;
            }
        }

        for (int a = 0; a < filter.Outputs; a++)
            filter.OutputGradient(g, a * line, 1);
        for (int b = 0; b < line; b++)
            filter.OutputGradient(g, b, line);
        for (int p = 0; p < line * line; p++)
            d[(p * tiles + index.Y) * s.N + index.X] = g[p];
    }

    // One thread per column and value of k.
    static void AddSlicesKernel<TFilter>(Index2D index, ArrayView<float> du, ArrayView<float> dw, WinogradShape s, int slices)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int taps = filter.Taps, line = filter.Line, points = line * line, k = index.Y, q = k / s.C;
        ArrayView<float> g = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
        for (int p = 0; p < points; p++)
            g[p] = 0f;
        for (int slice = 0; slice < slices; slice++)
        {
            for (int p = 0; p < points; p++)
                g[p] += du[((slice * points + p) * s.K + k) * s.N + index.X];
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
                dw[((r * taps * s.Stride + t) * s.C + k - q * s.C) * s.N + index.X] += g[a * line + b];
            }
        }
    }

    // One group per tile of a point's products, of some tiles of the images.
    static void PointKernel<TTile>(ArrayView<float> v, ArrayView<float> u, ArrayView<float> m, PointShape shape)
        where TTile : unmanaged, IFloatTile
    {
        WinogradShape s = shape.Winograd;
        CardProduct.Multiply(v, u, m, new PointProduct(shape), new PointSide(shape.Tiles, s.K, s.K, Grid.IdxZ * shape.Tiles * s.K, false),
            new PanelSide(s), default(TTile));
    }

    // One group per tile of a point's gradient, of one slice of the tiles of the images.
    static void SlicesKernel<TTile>(ArrayView<float> v, ArrayView<float> d, ArrayView<float> du, PointShape shape)
        where TTile : unmanaged, IFloatTile
    {
        WinogradShape s = shape.Winograd;
        int point = Grid.IdxZ % s.Points, first = point * shape.Tiles + Grid.IdxZ / s.Points * shape.Slice;
        var product = new SliceProduct(shape);
        CardProduct.Multiply(v, d, du, product, new PointSide(s.K, product.Depth, s.K, first * s.K, true),
            new PointSide(s.N, product.Depth, s.N, first * s.N, true), default(TTile));
    }

    /// <summary>Products of all points, of some tiles; with slices, of so many each.</summary>
    internal readonly record struct PointShape(WinogradShape Winograd, int Tiles, double Flops, int Slice = 0) : ILaunchCost;

    readonly struct PointProduct(PointShape shape) : IProductExtent
    {
        public int Rows => shape.Tiles;

        public int Cols => shape.Winograd.N;

        public int Depth => shape.Winograd.K;

        public bool Accumulates => false;

        public int RowAt(int row) => (Grid.IdxZ * shape.Tiles + row) * shape.Winograd.N;
    }

    readonly struct SliceProduct(PointShape shape) : IProductExtent
    {
        public int Rows => shape.Winograd.K;

        public int Cols => shape.Winograd.N;

        // The last slices may have fewer tiles, or none.
        public int Depth { get; } = IntrinsicMath.Clamp(shape.Tiles - Grid.IdxZ / shape.Winograd.Points * shape.Slice, 0, shape.Slice);

        public bool Accumulates => false;

        public int RowAt(int row) => (Grid.IdxZ * shape.Winograd.K + row) * shape.Winograd.N;
    }

    // A matrix from some place on; all its extents are multiples of 4, but for the summed one where its neighbors are rows.
    readonly struct PointSide(int rows, int depth, int stride, int start, bool isByDepth) : IMatrixSide
    {
        public bool IsByDepth => isByDepth;

        public bool IsInFours => true;

        public int High => 1;

        public int Wide => 1;

        public MatrixPlace Row(int row) => MatrixPlace.If(row < rows, start + (isByDepth ? row : row * stride), 0, 0);

        public MatrixPlace Depth(int k) => MatrixPlace.If(k < depth, isByDepth ? k * stride : k, 0, 0);
    }

    // The transformed weights of a phase and point, in panels.
    readonly struct PanelSide(WinogradShape s) : IMatrixSide
    {
        readonly int start = (Grid.IdxZ / s.Points * ((s.N + Panel - 1) / Panel) * s.Points + Grid.IdxZ % s.Points) * s.K * Panel;

        public bool IsByDepth => true;

        public bool IsInFours => true;

        public int High => 1;

        public int Wide => 1;

        public MatrixPlace Row(int row) => MatrixPlace.If(row < s.N, start + row / Panel * s.Points * s.K * Panel + row % Panel, 0, 0);

        public MatrixPlace Depth(int k) => MatrixPlace.If(k < s.K, k * Panel, 0, 0);
    }
}
