using Dalle2.Gpu.Extensions;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>One product of a warp: d = c + a b, with a [16, depth], b [depth, 8], c and d [16, 8]. Each group's one warp does one product.</summary>
static class MatrixKernels
{
    public static void TensorFloats(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d)
    {
        int g = Warp.LaneIdx >> 2, t = Warp.LaneIdx & 3, left = Grid.IdxX * 16 * Matrix.TensorFloatDepth,
            right = Grid.IdxX * 8 * Matrix.TensorFloatDepth;
        var a4 = new MatrixLeft(
            Matrix.ToTensorFloat(a[left + g * 8 + t]), Matrix.ToTensorFloat(a[left + (g + 8) * 8 + t]),
            Matrix.ToTensorFloat(a[left + g * 8 + t + 4]), Matrix.ToTensorFloat(a[left + (g + 8) * 8 + t + 4]));
        var b2 = new MatrixRight(Matrix.ToTensorFloat(b[right + t * 8 + g]), Matrix.ToTensorFloat(b[right + (t + 4) * 8 + g]));
        Store(d, Matrix.MultiplyAddTensorFloats(a4, b2, Sums(c)));
    }

    public static void BrainFloats(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d)
    {
        int g = Warp.LaneIdx >> 2, t = Warp.LaneIdx & 3, left = Grid.IdxX * 16 * Matrix.BrainFloatDepth + 2 * t,
            right = Grid.IdxX * 8 * Matrix.BrainFloatDepth + g;
        var a4 = new MatrixLeft(Pair(a, left + g * 16, 1), Pair(a, left + (g + 8) * 16, 1), Pair(a, left + g * 16 + 8, 1),
            Pair(a, left + (g + 8) * 16 + 8, 1));
        var b2 = new MatrixRight(Pair(b, right + 2 * t * 8, 8), Pair(b, right + (2 * t + 8) * 8, 8));
        Store(d, Matrix.MultiplyAddBrainFloats(a4, b2, Sums(c)));
    }

    public static void Round(Index1D i, ArrayView<float> x, ArrayView<float> y)
    {
        y[2 * i] = Interop.IntAsFloat(Matrix.ToTensorFloat(x[i]));
        y[2 * i + 1] = Interop.IntAsFloat(Matrix.ToBrainFloats(x[(i + 1) % x.IntLength], x[i]));
    }

    /// <summary>y = x turned around within each group of 32, through copies to shared memory; waits for them or does not.</summary>
    public static void Turn(ArrayView<float> x, ArrayView<float> y, int count, ILGPU.Runtime.SpecializedValue<bool> waits)
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

    /// <summary>y = x of each 128, its rows of four in falling order: copied in fours, in two groups of copies, and read row by row.</summary>
    public static void Rows(ArrayView<float> x, ArrayView<float> y, int count, ILGPU.Runtime.SpecializedValue<int> step)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(256);
        int lane = Group.IdxX, first = Grid.IdxX * 256;
        SharedCopy.BeginFour(shared, 4 * lane, x, first + 4 * lane, first + 4 * lane < count);
        SharedCopy.Commit();
        SharedCopy.BeginFour(shared, 128 + 4 * lane, x, first + 128 + 4 * lane, first + 128 + 4 * lane < count);
        SharedCopy.Commit();
        SharedCopy.Wait(1);
        Group.Barrier();
        Store(y, first, Matrix.LoadRows(shared, step.Value * (31 - lane)));
        SharedCopy.Wait(0);
        Group.Barrier();
        Store(y, first + 128, Matrix.LoadRows(shared, 128 + step.Value * (31 - lane)));
    }

    static void Store(ArrayView<float> y, int first, MatrixRows rows)
    {
        int at = first + Warp.LaneIdx;
        y[at] = Interop.IntAsFloat(rows.First);
        y[at + 32] = Interop.IntAsFloat(rows.Second);
        y[at + 64] = Interop.IntAsFloat(rows.Third);
        y[at + 96] = Interop.IntAsFloat(rows.Fourth);
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
