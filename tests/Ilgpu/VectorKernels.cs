namespace Dalle2.IlgpuKernels;

/// <summary>The first kernels that everybody writes.</summary>
public sealed class VectorKernels : KernelFamily
{
    static void AddKernel(Index1D index, ArrayView<float> a, ArrayView<float> b, ArrayView<float> sum) => sum[index] = a[index] + b[index];

    static void SaxpyKernel(Index1D index, float scale, ArrayView1D<float, Stride1D.Dense> x, ArrayView1D<float, Stride1D.Dense> y)
    {
        y[index] = scale * x[index] + y[index];
    }

    static void FillIndexKernel(Index1D index, ArrayView<int> data, int constant) => data[index] = index + constant;

    static void ReverseKernel(Index1D index, ArrayView<int> source, ArrayView<int> target) =>
        target[source.Length - 1 - index] = source[index];

    static void InterpolateKernel(Index1D index, ArrayView<float> table, ArrayView<float> positions, ArrayView<float> values)
    {
        float position = positions[index];
        int left = (int)position;
        if (left >= table.IntLength - 1)
        {
            values[index] = table[table.IntLength - 1];
            return;
        }
        float fraction = position - left;
        values[index] = table[left] * (1 - fraction) + table[left + 1] * fraction;
    }

    static void BinarySearchKernel(Index1D index, ArrayView<int> sorted, ArrayView<int> keys, ArrayView<int> places)
    {
        int low = 0, high = sorted.IntLength;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < keys[index])
                low = middle + 1;
            else
                high = middle;
        }
        places[index] = low < sorted.Length && sorted[low] == keys[index] ? low : -1;
    }

    static void PolynomialKernel(Index1D index, ArrayView<double> x, ArrayView<double> y, double a, double b, double c) =>
        y[index] = (a * x[index] + b) * x[index] + c;

    public override IEnumerable<KernelCase> Cases
    {
        get
        {
            float[] a = Fractions(70), b = Fractions(70, 2);
            yield return Implicit("Vector.Add", AddKernel, new Index1D(70), In(a), In(b), Out(70, i => a[i] + b[i]));
            yield return Implicit("Vector.Saxpy", SaxpyKernel, new Index1D(64), 2.5f, In(a).Dense,
                InOut(b, Fill(70, i => i < 64 ? 2.5f * a[i] + b[i] : b[i])).Dense);
            yield return Implicit("Vector.FillIndex", FillIndexKernel, new Index1D(33), Out(33, i => i + 7), 7);
            int[] values = Scattered(50);
            yield return Implicit("Vector.Reverse", ReverseKernel, new Index1D(50), In(values), Out(50, i => values[49 - i]));
            float[] table = [0, 1, 4, 9, 16];
            float[] positions = [0, .5f, 1.25f, 3.75f, 4, 7];
            yield return Implicit("Vector.Interpolate", InterpolateKernel, new Index1D(6), In(table), In(positions),
                Out(0, .5f, 1.75f, 14.25f, 16, 16));
            int[] sorted = Fill(40, i => 3 * i);
            yield return Implicit("Vector.BinarySearch", BinarySearchKernel, new Index1D(30), In(sorted), In(Fill(30, i => 5 * i)),
                Out(30, i => 5 * i % 3 == 0 && 5 * i < 120 ? 5 * i / 3 : -1));
            double[] x = Fill(20, i => i / 8.0);
            yield return Implicit("Vector.Polynomial", PolynomialKernel, new Index1D(20), In(x),
                Out(20, i => 2 * x[i] * x[i] - 3 * x[i] + 1), 2.0, -3.0, 1.0);
        }
    }
}
