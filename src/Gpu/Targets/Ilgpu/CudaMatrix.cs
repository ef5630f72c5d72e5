using Dalle2.Gpu.Extensions;
using ILGPU.Runtime.Cuda;

namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>
/// <see cref="Matrix"/> and <see cref="SharedCopy"/> for ILGPU's compilers: NVIDIA's instructions in PTX, from compute capability 8.0 on, and the C# of the originals elsewhere. ILGPU decides
/// the conditions when it compiles.
/// </summary>
static class CudaMatrix
{
    /// <inheritdoc cref="Matrix.MultiplyAddTensorFloats"/>
    public static MatrixSums MultiplyAddTensorFloats(MatrixLeft left, MatrixRight right, MatrixSums sums)
    {
        if (!CudaAsm.IsSupported)
            return Matrix.MultiplyAddTensorFloats(left, right, sums);
        Ref<float> first = sums.First, second = sums.Second, third = sums.Third, fourth = sums.Fourth;
        Input<uint> upper = left.First, lower = left.Second, upperNext = left.Third, lowerNext = left.Fourth, column = right.First,
            columnNext = right.Second;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref first, ref second, ref third, ref fourth, ref upper, ref lower, ref upperNext, ref lowerNext, ref column, ref columnNext);
        return new MatrixSums(first.Value, second.Value, third.Value, fourth.Value);
    }

    /// <inheritdoc cref="Matrix.MultiplyAddBrainFloats"/>
    public static MatrixSums MultiplyAddBrainFloats(MatrixLeft left, MatrixRight right, MatrixSums sums)
    {
        if (!CudaAsm.IsSupported)
            return Matrix.MultiplyAddBrainFloats(left, right, sums);
        Ref<float> first = sums.First, second = sums.Second, third = sums.Third, fourth = sums.Fourth;
        Input<uint> upper = left.First, lower = left.Second, upperNext = left.Third, lowerNext = left.Fourth, column = right.First,
            columnNext = right.Second;
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref first, ref second, ref third, ref fourth, ref upper, ref lower, ref upperNext, ref lowerNext, ref column, ref columnNext);
        return new MatrixSums(first.Value, second.Value, third.Value, fourth.Value);
    }

    /// <inheritdoc cref="Matrix.LoadRows"/>
    public static MatrixRows LoadRows(ArrayView<float> shared, int at)
    {
        if (!CudaAsm.IsSupported)
            return Matrix.LoadRows(shared, at);
        Output<uint> first = default, second = default, third = default, fourth = default;
        Input<long> address = SharedAddress(ref shared[at]);
        CudaAsm.EmitRef("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];", ref first, ref second, ref third, ref fourth,
            ref address);
        return new MatrixRows(first.Value, second.Value, third.Value, fourth.Value);
    }

    /// <inheritdoc cref="SharedCopy.Begin"/>
    public static void Begin(ArrayView<float> target, int to, ArrayView<float> source, int from, bool isInside)
    {
        if (CudaAsm.IsSupported)
        {
            CudaAsm.Emit("cp.async.ca.shared.global [%0], [%1], 4, %2;", SharedAddress(ref target[to]),
                GlobalAddress(ref source[isInside ? from : 0]), isInside ? 4 : 0);
        }
        else
        {
            SharedCopy.Begin(target, to, source, from, isInside);
        }
    }

    /// <summary>One by one: whether views begin at multiples of 16 bytes is not known when ILGPU compiles.</summary>
    public static void BeginFour(ArrayView<float> target, int to, ArrayView<float> source, int from, bool isInside)
    {
        Begin(target, to, source, from, isInside);
        Begin(target, to + 1, source, from + 1, isInside);
        Begin(target, to + 2, source, from + 2, isInside);
        Begin(target, to + 3, source, from + 3, isInside);
    }

    /// <inheritdoc cref="SharedCopy.Commit"/>
    public static void Commit()
    {
        if (CudaAsm.IsSupported)
            CudaAsm.Emit("cp.async.commit_group;");
    }

    /// <inheritdoc cref="SharedCopy.Wait()"/>
    public static void Wait()
    {
        if (CudaAsm.IsSupported)
            CudaAsm.Emit("cp.async.wait_all;");
    }

    /// <summary>The instruction has the number in its text; of more groups than any kernel has under way, all are waited for.</summary>
    public static void Wait(int groups)
    {
        if (!CudaAsm.IsSupported)
            return;
        if (groups == 1)
            CudaAsm.Emit("cp.async.wait_group 1;");
        else if (groups == 2)
            CudaAsm.Emit("cp.async.wait_group 2;");
        else if (groups == 3)
            CudaAsm.Emit("cp.async.wait_group 3;");
        else
            CudaAsm.Emit("cp.async.wait_all;");
    }

    /// <summary>The address within shared memory; ILGPU's compiler gives it (<see cref="IlgpuMembers"/>).</summary>
    public static long SharedAddress(ref float element) => throw new NotSupportedException("addresses are known to ILGPU's compiler alone");

    /// <summary>The address within device memory.</summary>
    public static long GlobalAddress(ref float element) => throw new NotSupportedException("addresses are known to ILGPU's compiler alone");
}
