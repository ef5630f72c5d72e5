using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <content>The transform of the inputs, which products and the gradient of the weights share.</content>
static partial class WinogradOp
{
    // V [p, k, tile] of some tiles and values of k. What lies where: tile t and k have (t / 8) eight + t % 8 * 16 + (k / 16) block + k % 16, and points are
    // step apart.
    static void TransformInputs<TFilter>(
        ArrayView<float> source, ArrayView<float> v, WinogradShape s, int firstTile, int tiles, int start, int depth, int eight, int block,
        int step)
        where TFilter : unmanaged, IWinogradFilter
    {
        TFilter filter = default;
        int line = filter.Line, side = filter.Outputs * s.InStep, firstPhase = start / s.C;
        int offsetY = s.Offset(Grid.IdxZ / s.OutStep, s.PaddingY, filter.Taps),
            offsetX = s.Offset(Grid.IdxZ % s.OutStep, s.PaddingX, filter.Taps);
        var at = TilePlace.Of(s, firstTile);
        for (int tile = 0; tile < tiles; tile++)
        {
            int first = start - firstPhase * s.C, phaseY = firstPhase / s.InStep, phaseX = firstPhase - phaseY * s.InStep;
            int to = tile / RegisterTile.Rows * eight + tile % RegisterTile.Rows * 16;
            for (int k = 0; k < depth;)
            {
                // The channels of one phase have their pixels at the same places.
                int length = IntrinsicMath.Min(s.C - first, depth - k);
                var window = new Window(s, at.Image, at.Y * side + phaseY + offsetY, at.X * side + phaseX + offsetX, line, s.InStep);
                if (window.IsInside)
                    TransformWindow<TFilter, Inside>(source, v, window, first, length, to, k, block, step);
                else
                    TransformWindow<TFilter, Anywhere>(source, v, window, first, length, to, k, block, step);
                k += length;
                first = 0;
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

    static void TransformWindow<TFilter, TPlace>(
        ArrayView<float> source, ArrayView<float> v, Window window, int first, int length, int to, int k, int block, int step)
        where TFilter : unmanaged, IWinogradFilter
        where TPlace : unmanaged, IPlace
    {
        TFilter filter = default;
        int line = filter.Line;
        for (int c = 0; c < length; c += Group.DimX)
        {
            ArrayView<float> d = LocalMemory.Allocate<float>(default(TFilter).Line * default(TFilter).Line);
            for (int i = 0; i < line; i++)
            {
                for (int j = 0; j < line; j++)
                    d[i * line + j] = window.Pixel<TPlace>(source, i, j, first + c);
            }

            for (int i = 0; i < line; i++)
                filter.Input(d, i * line, 1);
            for (int j = 0; j < line; j++)
                filter.Input(d, j, line);
            int at = to + (k + c) / 16 * block + (k + c) % 16 + Group.IdxX;
            for (int p = 0; p < line * line; p++)
                v[at + p * step] = d[p];
        }
    }
}
