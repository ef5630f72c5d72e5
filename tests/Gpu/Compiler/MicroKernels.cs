using Dalle2.Gpu.Dialect;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Small kernels, each about one thing that the compiler must get right. Their texts lie in Golden/.</summary>
static class MicroKernels
{
    public static void Axpy(Index1D i, ArrayView<float> x, ArrayView<float> y, float a) => y[i] += a * x[i];

    public static void Chunk(Index1D i, ArrayView<float> x, ArrayView<float> sums, int n)
    {
        float sum = 0f;
        int end = IntrinsicMath.Min(i * 4 + 4, n);
        for (int at = i * 4; at < end; at++)
            sum += x[at];
        sums[i] = sum;
    }

    public static void Tile(Index1D i, ArrayView<int> y, TileShape shape)
    {
        var tile = new TileShape(shape.Width, 3);
        tile.Widen(i);
        y[i] = tile.Area + shape.Area;
    }

    public static void Generic<T>(Index1D i, ArrayView<float> x, T function)
        where T : unmanaged, IFunction
    {
        ref float element = ref x[i];
        element = function.Of(element) + T.Bias;
    }

    public static void Classify(Index1D i, ArrayView<int> x)
    {
        switch (x[i])
        {
            case 0:
                x[i] = 10;
                break;
            case 1:
            case 2:
                x[i] = 20;
                return;
            default:
                x[i] = -1;
                break;
        }

        x[i]++;
    }

    public static void Both(Index2D index, ArrayView<int> x, int width)
    {
        int at = index.Y * width + index.X;
        bool inside = index.X > 0 && index.X < width - 1;
        x[at] = inside ? x[at - 1] + x[at + 1] : 0;
    }

    public static void Reverse(ArrayView<float> x)
    {
        ArrayView<float> tile = SharedMemory.Allocate<float>(8);
        int at = Grid.IdxX * Group.DimX + Group.IdxX;
        tile[Group.IdxX] = x[at];
        Group.Barrier();
        x[at] = tile[Group.DimX - 1 - Group.IdxX];
    }

    public static void Half(Index1D i, ArrayView<float> x)
    {
        ArrayView<float> half = x.SubView(x.IntLength / 2);
        half[i] = Scale * x[i];
    }

    static readonly float Scale = 0.5f;

    public interface IFunction
    {
        static abstract float Bias { get; }

        float Of(float x);
    }

    public readonly record struct Linear(float Slope) : IFunction
    {
        public static float Bias => 1f;

        public float Of(float x) => Slope * x;
    }

    public record struct TileShape(int Width, int Height)
    {
        public readonly int Area => Width * Height;

        public void Widen(int by) => Width += by;
    }
}
