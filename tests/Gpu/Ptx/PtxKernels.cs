
namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>Small kernels about what only PTX makes difficult.</summary>
static class PtxKernels
{
    public static void OfNaN(Index1D i, ArrayView<double> x, ArrayView<long> y)
    {
        double wide = x[i];
        float narrow = (float)wide;
        int at = i * 12;
        y[at] = (int)wide;
        y[at + 1] = (uint)wide;
        y[at + 2] = (long)wide;
        y[at + 3] = (long)(ulong)wide;
        y[at + 4] = (int)narrow;
        y[at + 5] = (uint)narrow;
        y[at + 6] = (long)narrow;
        y[at + 7] = (long)(ulong)narrow;
        y[at + 8] = wide == x[i] ? 1 : 0;
        y[at + 9] = wide != x[i] ? 1 : 0;
        y[at + 10] = narrow <= 0f ? 1 : 0;
        y[at + 11] = !(narrow > 0f) ? 1 : 0;
    }

    // Three values in a ring, and two that change places, on one edge.
    public static void Rotate(Index1D i, ArrayView<int> x)
    {
        int a = x[i], b = a * 3 + 1, c = i, d = 7, e = i * i;
        for (int k = 0; k < i % 7; k++)
        {
            (a, b, c) = (b, c, a);
            (d, e) = (e, d);
        }

        x[i] = a + 10 * b + 100 * c + 1000 * d + 10000 * e;
    }

    public static void Flags(Index1D i, ArrayView<int> x, bool first, bool second)
    {
        bool even = (x[i] & 1) == 0, small = x[i] < 2;
        for (int k = 0; k < (i & 3); k++)
        {
            (even, small) = (small, !even);
            first ^= even == small;
        }

        bool chosen = first ? even : second | small;
        x[i] = (even ? 1 : 0) + (small ? 2 : 0) + (first ? 4 : 0) + (chosen ? 8 : 0) + (even == second ? 16 : 0);
    }

    public static void Cube(Index3D index, ArrayView<int> x) =>
        x[(index.Z * 2 + index.Y) * 4 + index.X] += index.X + 10 * index.Y + 100 * index.Z;

    // The sum wraps around to a small number: its constant is no offset of an address.
    public static void Wrap(Index1D i, ArrayView<byte> x, int n) => x[i + n - 2147483640] += (byte)i.X;

    // An array that stays in memory, since only the run knows the index.
    public static void OwnAtomics(Index1D i, ArrayView<int> x, ArrayView<int> y)
    {
        ArrayView<int> own = LocalMemory.Allocate<int>(4);
        for (int k = 0; k < 4; k++)
            own[k] = x[(i + k) % 32];
        int at = x[i] & 3;
        int old = Atomic.Add(ref own[at], 7) + 3 * Atomic.Max(ref own[at ^ 1], 5) + 5 * Atomic.Exchange(ref own[at ^ 2], i);
        old += Atomic.CompareExchange(ref own[at], x[(i + at) % 32] + 7, 11) + Atomic.Xor(ref own[at ^ 3], 21);
        y[i] = old * 31 + own[0] + 2 * own[1] + 4 * own[2] + 8 * own[3];
    }

    // Sums of numbers so small that hardware that takes denormals for zeros would lose them.
    public static void Total(Index1D i, ArrayView<float> x, ArrayView<float> y) => Atomic.Add(ref y[i % 2], x[i]);

    // A barrier of the warp is enough for neighbors within it.
    public static void Neighbors(ArrayView<float> x, ArrayView<float> y)
    {
        ArrayView<float> tile = SharedMemory.Allocate<float>(64);
        int at = Group.IdxX, first = at / 32 * 32;
        tile[at] = x[at];
        Warp.Barrier();
        y[at] = tile[first + (at + 1) % 32] - tile[first + (at + 31) % 32];
    }

    public static void Past(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        y[i] = 1f;
        y[i] = x[i + 14];
    }

    // Four loads, then four stores, in orders of their own.
    public static void Quad(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        int at = i * 4;
        float d = x[at + 3], a = x[at], c = x[at + 2], b = x[at + 1];
        y[at + 1] = c * 2f;
        y[at] = d * 2f;
        y[at + 3] = a * 2f;
        y[at + 2] = b * 2f;
    }

    // The second load reads what the store may have written, and three elements are two and one.
    public static void Between(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        int at = i * 4;
        float a = x[at];
        y[at] = a + 1f;
        float b = x[at + 1], c = x[at + 2], d = x[at + 3];
        y[at + 1] = b + c + d;
    }

    // A row of three is no multiple of two.
    public static void Rows(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        int at = i * 3;
        float a = x[at], b = x[at + 1];
        y[at] = b;
        y[at + 1] = a;
    }

    // The loop's index stays a multiple of four all along.
    public static void Walk(Index1D i, ArrayView<double> x, ArrayView<double> y, int n)
    {
        double sum = 0.0;
        for (int k = 0; k < n; k += 4)
            sum += x[k] * x[k + 1] - x[k + 2] * x[k + 3];
        y[i] = sum;
    }

    public static void Pairs(ArrayView<float> x)
    {
        ArrayView<MicroPair> tile = SharedMemory.Allocate<MicroPair>(8);
        int at = Group.IdxX;
        tile[at] = new MicroPair(x[at], x[at + 8]);
        Group.Barrier();
        MicroPair other = tile[7 - at];
        x[at] = other.First - other.Second;
    }

    public record struct MicroPair(float First, float Second);
}
