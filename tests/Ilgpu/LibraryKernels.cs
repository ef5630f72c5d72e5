using System.Numerics;

namespace Dalle2.IlgpuKernels;

/// <summary>What kernels may call of .NET's own library, beyond Math's functions: ILGPU compiles most of these methods as it finds them.</summary>
public sealed class LibraryKernels : KernelFamily
{
    static void DivideKernel(Index1D index, ArrayView<int> data, ArrayView<int> result)
    {
        int quotient = Math.DivRem(data[index], 7, out int remainder);
        (int second, int rest) = Math.DivRem(data[index], -5);
        result[index] = 1000 * quotient + 100 * remainder + 10 * second + rest;
    }

    static void SignsKernel(Index1D index, ArrayView<int> data, ArrayView<int> signs, ArrayView<float> copied)
    {
        signs[index] = Math.Sign(data[index]);
        copied[index] = MathF.CopySign(index.X, data[index]);
    }

    static void BitOperationsKernel(Index1D index, ArrayView<uint> data, ArrayView<uint> rotated, ArrayView<int> counts)
    {
        rotated[index] = BitOperations.RotateLeft(data[index], 5) ^ BitOperations.RotateRight(data[index], index);
        counts[index] = BitOperations.TrailingZeroCount(data[index] | 1u << 30) + 100 * int.PopCount((int)data[index]);
    }

    static void StaticMembersKernel(Index1D index, ArrayView<float> x, ArrayView<float> result)
    {
        float value = x[index];
        result[index] = float.IsFinite(value) ? float.Sqrt(float.Abs(value)) + int.Max(index, 2)
            + float.Min(value, 0) : BitConverter.Int32BitsToSingle(0x3f800000);
    }

    static void FusedKernel(Index1D index, ArrayView<float> x, ArrayView<float> result) =>
        result[index] = MathF.FusedMultiplyAdd(x[index], 2f, MathF.Round(x[index]));

    static void BigProductKernel(Index1D index, ArrayView<int> data, ArrayView<long> products) =>
        products[index] = Math.BigMul(data[index], data[index] + 3);

    static void PlaneVectorsKernel(Index1D index, ArrayView<Vector2> points, ArrayView<float> result)
    {
        Vector2 point = points[index];
        point.X += 1;
        points[index] = point;
        result[index] = point.X * point.X + point.Y * point.Y;
    }

    static void RootsKernel(Index1D index, ArrayView<float> x, ArrayView<float> result) =>
        result[index] = MathF.Cbrt(x[index]) + MathF.Log2(x[index]);

    internal interface IUnary
    {
        static abstract int Apply(int value);
    }

    internal readonly struct Twice : IUnary
    {
        public static int Apply(int value) => 2 * value;
    }

    static void StaticAbstractKernel<T>(Index1D index, ArrayView<int> data, ArrayView<int> result)
        where T : struct, IUnary => result[index] = T.Apply(data[index]) + 1;

    static void NumberKernel<T>(Index1D index, ArrayView<T> data, ArrayView<T> result) where T : unmanaged, INumber<T> =>
        result[index] = (data[index] + T.One) * data[index] - T.Zero;

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            int[] signed = [.. Scattered(30).Select(value => value - 50)];
            yield return Implicit("Library.DivRem", DivideKernel, new Index1D(30), In(signed),
                Out(30, i => 1000 * (signed[i] / 7) + 100 * (signed[i] % 7) + 10 * (signed[i] / -5) + signed[i] % -5));
            yield return Implicit("Library.Signs", SignsKernel, new Index1D(30), In(signed), Out(30, i => signed[i].CompareTo(0)),
                Out(30, i => signed[i] < 0 ? -(float)i : i));
            uint[] bits = Fill(20, i => unchecked((uint)(i + 1) * 2654435761u));
            yield return Implicit("Library.BitOperations", BitOperationsKernel, new Index1D(20), In(bits),
                Out(20, i => uint.RotateLeft(bits[i], 5) ^ uint.RotateRight(bits[i], i)),
                Out(20, i => (int)(uint.TrailingZeroCount(bits[i] | 1u << 30) + 100 * uint.PopCount(bits[i]))));
            float[] x = [0, -4, 2.25f, float.NaN, float.NegativeInfinity, 9];
            yield return Implicit("Library.StaticMembers", StaticMembersKernel, new Index1D(6), In(x), Out(2, 0, 3.5f, 1, 1, 8));
            float[] fractions = Fractions(30);
            yield return Implicit("Library.FusedMultiplyAdd", FusedKernel, new Index1D(30), In(fractions),
                Out(30, i => 2 * fractions[i] + MathF.Round(fractions[i])));
            int[] large = [.. signed.Select(value => value * 40_000_000)];
            yield return Implicit("Library.BigMul", BigProductKernel, new Index1D(30), In(large),
                Out(30, i => (long)large[i] * (large[i] + 3)));
            Vector2[] points = Fill(10, i => new Vector2(i, -2 * i));
            yield return Implicit("Library.Vector2", PlaneVectorsKernel, new Index1D(10),
                InOut(points, Fill(10, i => new Vector2(i + 1, -2 * i))), Out(10, i => (float)((i + 1) * (i + 1) + 4 * i * i)));
            float[] positive = Fill(20, i => .5f + i);
            yield return Implicit("Library.Roots", RootsKernel, new Index1D(20), In(positive),
                Out(20, i => (float)(Math.Cbrt(positive[i]) + Math.Log2(positive[i])))) with
            { Tolerance = 2e-5 };
            yield return Implicit("Library.StaticAbstract", (Action<Index1D, ArrayView<int>, ArrayView<int>>)StaticAbstractKernel<Twice>,
                new Index1D(30), In(signed), Out(30, i => 2 * signed[i] + 1));
            yield return Implicit("Library.NumberInt", (Action<Index1D, ArrayView<int>, ArrayView<int>>)NumberKernel, new Index1D(30),
                In(signed), Out(30, i => (signed[i] + 1) * signed[i]));
            yield return Implicit("Library.NumberFloat", (Action<Index1D, ArrayView<float>, ArrayView<float>>)NumberKernel, new Index1D(30),
                In(fractions), Out(30, i => (fractions[i] + 1) * fractions[i]));
        }
    }
}
