using Dalle2.Gpu.Extensions;

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

    public static void Both(Index2D index, ArrayView<int> x, ArrayView<int> y, int width)
    {
        int at = index.Y * width + index.X;
        bool inside = index.X > 0 && index.X < width - 1;
        y[at] = inside ? x[at - 1] + x[at + 1] : 0;
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

    public static void Scan(Index1D i, ArrayView<float> x, ArrayView<float> y, int n, float a)
    {
        if (i >= n)
            return;
        float sum = 0f;
        for (int at = 0; at < n; at++)
        {
            for (int k = 0; k < 3; k++)
                sum += x[(i * n + at) % 32] * (a * a + 1f);
        }

        y[i] = sum;
    }

    public static void Dense(Index1D i, ArrayView<int> x)
    {
        int value = x[i] switch
        {
            -1 => 7,
            0 => i,
            1 => i * i,
            2 => -i,
            3 => 11,
            _ => 0,
        };
        x[i] = value;
    }

    public static void Conversions(Index1D i, ArrayView<double> x, ArrayView<long> y)
    {
        double wide = x[i];
        float narrow = (float)wide;
        long bits = (long)Interop.FloatAsInt(wide);
        int at = i * 24;
        y[at] = (int)wide;
        y[at + 1] = (uint)wide;
        y[at + 2] = (long)wide;
        y[at + 3] = (long)(ulong)wide;
        y[at + 4] = (int)narrow;
        y[at + 5] = (uint)narrow;
        y[at + 6] = (long)narrow;
        y[at + 7] = (long)(ulong)narrow;
        y[at + 8] = (byte)bits;
        y[at + 9] = (sbyte)bits;
        y[at + 10] = (short)bits;
        y[at + 11] = (ushort)bits;
        y[at + 12] = (int)bits;
        y[at + 13] = (uint)bits;
        y[at + 14] = Interop.FloatAsInt((float)bits);
        y[at + 15] = Interop.FloatAsInt((float)(ulong)bits);
        y[at + 16] = (long)Interop.FloatAsInt((double)(ulong)bits);
        y[at + 17] = Interop.FloatAsInt((float)(int)bits);
        y[at + 18] = Interop.FloatAsInt((float)(uint)bits);
        y[at + 19] = (long)Interop.FloatAsInt((double)narrow);
        y[at + 20] = narrow < wide ? 1 : 0;
        y[at + 21] = !(narrow >= wide) ? 1 : 0;
        y[at + 22] = bits >>> (int)(bits & 63);
        y[at + 23] = (int)bits >> (int)(bits & 31);
    }

    // Operations that the vector unit has no or another instruction for.
    public static void Quotients(Index1D i, ArrayView<int> a, ArrayView<int> b, ArrayView<int> y, ArrayView<float> z, int divisor)
    {
        int first = a[i], second = b[i];
        y[6 * i] = first / divisor;
        y[6 * i + 1] = first % divisor;
        y[6 * i + 2] = first / second;
        y[6 * i + 3] = first % second;
        y[6 * i + 4] = (int)((uint)first / (uint)second);
        y[6 * i + 5] = (int)((uint)first % (uint)second);
        z[i] = (uint)first;
    }

    public static void Products(Index1D i, ArrayView<uint> a, ArrayView<uint> b, ArrayView<uint> y, uint factor)
    {
        ulong product = (ulong)a[i] * b[i], scaled = 0xD2511F53ul * a[i], uniform = (ulong)b[i] * factor;
        y[6 * i] = (uint)product;
        y[6 * i + 1] = (uint)(product >> 32);
        y[6 * i + 2] = (uint)scaled;
        y[6 * i + 3] = (uint)(scaled >> 32);
        y[6 * i + 4] = (uint)(uniform >> 32);
        y[6 * i + 5] = (uint)(uniform >> 31);
    }

    public static void Extrema(Index1D i, ArrayView<float> a, ArrayView<float> b, ArrayView<uint> y)
    {
        y[4 * i] = Interop.FloatAsInt(StrictMath.Min(a[i], b[i]));
        y[4 * i + 1] = Interop.FloatAsInt(StrictMath.Max(a[i], b[i]));
        y[4 * i + 2] = Interop.FloatAsInt(StrictMath.Min(1f, a[i]));
        y[4 * i + 3] = Interop.FloatAsInt(StrictMath.Max(b[i], -0f));
    }

    public static void Records(Index1D i, ArrayView<Particle> particles)
    {
        ref Particle particle = ref particles[i];
        particle.Age++;
        particle.Live = particle.Age < 12;
        Move(ref particle.Position, in particle.Speed);
        if (!particle.Live)
            particles[i] = new Particle { Age = (byte)(particle.Age * 100), Speed = particle.Position };
    }

    static void Move(ref Point position, in Point speed)
    {
        position.X += speed.X;
        position.Y += speed.Y;
    }

    public record struct Point(float X, float Y);

    public struct Particle
    {
        public byte Age;
        public bool Live;
        public Point Position;
        public Point Speed;
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
