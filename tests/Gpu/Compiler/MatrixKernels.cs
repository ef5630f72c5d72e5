using Dalle2.Gpu.Dialect;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>One product of a warp: d = c + a b, with a [16, depth], b [depth, 8], c and d [16, 8]. Each group's one warp does one product.</summary>
static class MatrixKernels
{
    public static void TensorFloats(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d)
    {
        int g = Warp.LaneIdx >> 2, t = Warp.LaneIdx & 3, left = Grid.IdxX * 16 * Matrix.TensorFloatDepth, right = Grid.IdxX * 8 * Matrix.TensorFloatDepth;
        var a4 = new MatrixLeft(
            Matrix.ToTensorFloat(a[left + g * 8 + t]), Matrix.ToTensorFloat(a[left + (g + 8) * 8 + t]), Matrix.ToTensorFloat(a[left + g * 8 + t + 4]), Matrix.ToTensorFloat(a[left + (g + 8) * 8 + t + 4]));
        var b2 = new MatrixRight(Matrix.ToTensorFloat(b[right + t * 8 + g]), Matrix.ToTensorFloat(b[right + (t + 4) * 8 + g]));
        Store(d, Matrix.MultiplyAddTensorFloats(a4, b2, Sums(c)));
    }

    public static void BrainFloats(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d)
    {
        int g = Warp.LaneIdx >> 2, t = Warp.LaneIdx & 3, left = Grid.IdxX * 16 * Matrix.BrainFloatDepth + 2 * t, right = Grid.IdxX * 8 * Matrix.BrainFloatDepth + g;
        var a4 = new MatrixLeft(Pair(a, left + g * 16, 1), Pair(a, left + (g + 8) * 16, 1), Pair(a, left + g * 16 + 8, 1), Pair(a, left + (g + 8) * 16 + 8, 1));
        var b2 = new MatrixRight(Pair(b, right + 2 * t * 8, 8), Pair(b, right + (2 * t + 8) * 8, 8));
        Store(d, Matrix.MultiplyAddBrainFloats(a4, b2, Sums(c)));
    }

    public static void Round(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        y[2 * i] = Interop.IntAsFloat(Matrix.ToTensorFloat(x[i]));
        y[2 * i + 1] = Interop.IntAsFloat(Matrix.ToBrainFloats(x[(i + 1) % x.IntLength], x[i]));
    }

    /// <summary>y = x turned around within each group of 32, through copies to shared memory; waits for them or does not.</summary>
    public static void Turn(ArrayView<float> x, ArrayView<float> y, int count, SpecializedValue<bool> waits)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(32);
        int at = Grid.IdxX * 32 + Group.IdxX;
        SharedCopy.Begin(shared, Group.IdxX, x, at, at < count);
        if (waits.Value)
            SharedCopy.Wait();
        Group.Barrier();
        y[at] = shared[31 - Group.IdxX];
        SharedCopy.Wait();
    }

    static uint Pair(ArrayView<float> view, int at, int step) => Matrix.ToBrainFloats(view[at], view[at + step]);

    static MatrixSums Sums(ArrayView<float> c)
    {
        int at = Grid.IdxX * 128 + (Warp.LaneIdx >> 2) * 8 + (Warp.LaneIdx & 3) * 2;
        return new MatrixSums(c[at], c[at + 1], c[at + 64], c[at + 65]);
    }

    static void Store(ArrayView<float> d, MatrixSums sums)
    {
        int at = Grid.IdxX * 128 + (Warp.LaneIdx >> 2) * 8 + (Warp.LaneIdx & 3) * 2;
        d[at] = sums.First;
        d[at + 1] = sums.Second;
        d[at + 64] = sums.Third;
        d[at + 65] = sums.Fourth;
    }
}
