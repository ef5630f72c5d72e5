using System.Numerics;
using System.Runtime.InteropServices;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Kernels with types and calls that kernels do not have, each of which wants advice of its own.</summary>
static class AdviceKernels
{
    public static void Packed(Index1D i, ArrayView<Packing> x) => x[i] = default;

    public static void Sized(Index1D i, ArrayView<Sizing> x) => x[i] = default;

    public static void OfInt128(Index1D i, ArrayView<Int128> x) => x[i] /= x[0];

    public static void OfDecimal(Index1D i, ArrayView<decimal> x) => x[i] += 1m;

    public static void OfNullable(Index1D i, ArrayView<int> x, int? n) => x[i] = n!.Value;

    public static void OfBigInteger(Index1D i, ArrayView<int> x) => x[i] = (int)new BigInteger(x[i]);

    public static void OfDateTime(Index1D i, ArrayView<long> x, DateTime time) => x[i] = time.AddDays(1).Ticks;

    public static void OfText(Index1D i, ArrayView<int> x) => x[i] = $"{x[i]}".Length;

    public static void HoldingText(Index1D i, ArrayView<int> x)
    {
        Labeled labeled = default;
        labeled.Number = x[i];
        x[i] = Twice(labeled);
    }

    public static void OfDelegate(Index1D i, ArrayView<int> x, int n)
    {
        Func<int, int> scale = v => v * n;
        x[i] = scale(x[i]);
    }

    public static void OfLocalFunction(Index1D i, ArrayView<int> x)
    {
        string text = "text";
        x[i] = Length();

        int Length() => text.Length;
    }

    public static void OfIterator(Index1D i, ArrayView<int> x)
    {
        foreach (int number in Upwards(i))
            x[i] += number;
    }

    public static void OfTask(Index1D i, ArrayView<int> x)
    {
        Thread.Sleep(1);
        x[i] = 1;
    }

    public static void ThrowingText(Index1D i, ArrayView<int> x)
    {
        if (x[i] < 0)
            throw new ArgumentException($"element {x[i]} is negative");
    }

    public static void ThrowingMethod(Index1D i, ArrayView<int> x) => ArgumentOutOfRangeException.ThrowIfNegative(x[i]);

    public static async void OfAwait(Index1D i, ArrayView<int> x)
    {
        await Task.Yield();
        x[i] = 1;
    }

    static IEnumerable<int> Upwards(int to)
    {
        for (int number = 0; number < to; number++)
            yield return number;
    }

    static int Twice(Labeled labeled) => 2 * labeled.Number;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Packing
    {
        public byte First;
        public int Second;
    }

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    public struct Sizing
    {
        public int First;
    }

    public struct Labeled
    {
        public int Number;
        public string Label { get; set; }
    }
}
