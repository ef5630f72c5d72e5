using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Ilgpu;
using ILGPU.Algorithms;
using ILGPU.Algorithms.RadixSortOperations;
using ILGPU.Algorithms.ScanReduceOperations;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>A program of ILGPU's does the same on our accelerator as on ILGPU's own, to the bit.</summary>
public class SimdAcceleratorTests
{
    static readonly Dictionary<string, Func<Accelerator, Array>> Programs = new()
    {
        ["implicit"] = Implicit,
        ["implicit, group size and stream given"] = ImplicitOnStream,
        ["explicit, shared memory"] = Shared,
        ["explicit, dynamic shared memory"] = DynamicShared,
        ["strided plane in a struct"] = Plane,
        ["specialized value"] = Specialized,
        ["lambda, launched without a loader"] = Lambda,
        ["kernel object"] = KernelObject,
        ["copies"] = Copies,
        ["page-locked memory"] = PageLocked,
        ["reduction"] = Reduction,
        ["scan"] = Scan,
        ["radix sort"] = RadixSort,
    };

    ILGPU.Context context = null!;
    Accelerator simd = null!, cpu = null!;

    [OneTimeSetUp]
    public void Open()
    {
        context = ILGPU.Context.Create(builder => builder.CPU().EnableAlgorithms());
        simd = context.CreateSimdAccelerator(threads: 2);
        cpu = context.CreateCPUAccelerator(0);
    }

    [OneTimeTearDown]
    public void Close()
    {
        simd.Dispose();
        cpu.Dispose();
        context.Dispose();
    }

    [TestCaseSource(nameof(Names))]
    public void A_program_does_what_it_does_on_ILGPUs_accelerator(string name) =>
    Assert.That(Programs[name](simd), Is.EqualTo(Programs[name](cpu)));

    [Test]
    public void A_loaded_kernel_launches_without_allocating()
    {
        using MemoryBuffer1D<float, Stride1D.Dense> x = simd.Allocate1D(Floats(8)), y = simd.Allocate1D(Floats(8));
        var saxpy = simd.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, ArrayView<float>, float>(Saxpy);
        saxpy(8, x.View, y.View, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            saxpy(8, x.View, y.View, 1);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Checked_mode_names_the_kernel_and_its_file()
    {
        using SimdAccelerator isChecked = context.CreateSimdAccelerator(threads: 1, isChecked: true);
        using MemoryBuffer1D<float, Stride1D.Dense> x = isChecked.Allocate1D(Floats(8)), y = isChecked.Allocate1D(Floats(4));
        var saxpy = isChecked.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, ArrayView<float>, float>(Saxpy);
        var failure = Assert.Throws<KernelException>(() => saxpy(8, x.View, y.View, 1));
        Assert.That(failure!.Message, Does.Contain(nameof(Saxpy)).And.Contain("SimdAcceleratorTests.cs"));
    }

    [Test]
    public void What_cannot_be_launched_is_refused()
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = simd.Allocate1D<int>(2048);
        var turn = simd.LoadStreamKernel<ArrayView<int>>(TurnKernel);
        Assert.Throws<ArgumentOutOfRangeException>(() => turn((1, 2048), x.View));
        var onStream = simd.LoadKernel<ArrayView<int>>(TurnKernel);
        Assert.Throws<ArgumentException>(() => onStream(cpu.DefaultStream, (1, 16), x.View));
        var grid = simd.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>>((i, view) => view[i] = Grid.DimX);
        Assert.That(() => grid(8, x.View), Throws.TypeOf<Dalle2.Gpu.Frontend.KernelDiagnosticException>().With.Message.Contain(
            "KernelConfig"));
        Assert.Throws<DeviceUnavailableException>(() => context.CreateSimdAccelerator(threads: -1));
    }

    [Test]
    public void Disposing_the_accelerator_frees_what_the_program_left()
    {
        SimdAccelerator own = context.CreateSimdAccelerator(threads: 1);
        MemoryBuffer1D<int, Stride1D.Dense> left = own.Allocate1D<int>(100);
        own.Dispose();
        Assert.That(left.IsDisposed);
        left.Dispose();
    }

    static IEnumerable<string> Names => Programs.Keys;

    static float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(i => 0.1f * i)];

    static float[] Implicit(Accelerator accelerator)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> x = accelerator.Allocate1D<float>(1003), y = accelerator.Allocate1D(Floats(1003));
        x.CopyFromCPU(Floats(1003));
        accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, ArrayView<float>,
            float>(Saxpy)((int)x.Length, x.View, y.View, 2.3f);
        accelerator.Synchronize();
        return y.GetAsArray1D();
    }

    static float[] ImplicitOnStream(Accelerator accelerator)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> x = accelerator.Allocate1D(Floats(100)), y = accelerator.Allocate1D(Floats(100));
        using AcceleratorStream stream = accelerator.CreateStream();
        accelerator.LoadImplicitlyGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>,
            float>(Saxpy, 16)(stream, 90, x.View.SubView(10, 90), y.View.SubView(5, 90), 1.7f);
        stream.Synchronize();
        return y.GetAsArray1D(stream);
    }

    static int[] Shared(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>([.. Enumerable.Range(0, 48)]);
        accelerator.LoadStreamKernel<ArrayView<int>>(TurnKernel)((3, 16), x.View);
        return x.GetAsArray1D();
    }

    static int[] DynamicShared(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>(24);
        accelerator.LoadStreamKernel<ArrayView<int>>(DynamicKernel)(new KernelConfig(3, 8, SharedMemoryConfig.RequestDynamic<int>(9)),
            x.View);
        return x.GetAsArray1D();
    }

    static float[,] Plane(Accelerator accelerator)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> table = accelerator.Allocate1D(Floats(5));
        using MemoryBuffer2D<float, Stride2D.DenseX> plane = accelerator.Allocate2DDenseX<float>(new Index2D(5, 4));
        accelerator.LoadAutoGroupedStreamKernel<Index2D, ArrayView2D<float, Stride2D.DenseX>,
            Scale>(PlaneKernel)(plane.IntExtent, plane.View, new Scale(10, table.View));
        return plane.GetAsArray2D();
    }

    static int[] Specialized(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>(8);
        var kernel = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>, SpecializedValue<int>>(ConstantKernel);
        kernel(8, x.View, SpecializedValue.New(3));
        kernel(4, x.View, SpecializedValue.New(5));
        return x.GetAsArray1D();
    }

    static int[] Lambda(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>(20);
        accelerator.LaunchAutoGrouped((Index1D i, ArrayView<int> view) => view[i] = 7 * i, new Index1D(20), (ArrayView<int>)x.View);
        return x.GetAsArray1D();
    }

    static float[] KernelObject(Accelerator accelerator)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> x = accelerator.Allocate1D(Floats(40)), y = accelerator.Allocate1D(Floats(40));
        var entry = ILGPU.Backends.EntryPoints.EntryPointDescription.FromImplicitlyGroupedKernel(
            ((Action<Index1D, ArrayView<float>, ArrayView<float>, float>)Saxpy).Method);
        using Kernel kernel = accelerator.LoadAutoGroupedKernel(accelerator.CompileKernel(entry));
        kernel.Launch(accelerator.DefaultStream, 40, (ArrayView<float>)x.View, (ArrayView<float>)y.View, 0.3f);
        return y.GetAsArray1D();
    }

    static int[] Copies(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>([.. Enumerable.Range(0, 30)]),
            y = accelerator.Allocate1D<int>(30);
        y.MemSetToZero();
        y.View.SubView(20, 5).MemSet(1);
        y.View.SubView(3, 9).CopyFrom(x.View.SubView(11, 9));
        x.View.SubView(25, 5).CopyTo(y.View.SubView(25, 5));
        using MemoryBuffer1D<int, Stride1D.Dense> none = accelerator.Allocate1D<int>(0);
        return [.. y.GetAsArray1D(), .. none.GetAsArray1D()];
    }

    static int[] PageLocked(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>([.. Enumerable.Range(0, 30)]);
        using PageLockedArray1D<int> locked = accelerator.AllocatePageLocked1D<int>(30);
        x.View.CopyToPageLockedAsync(locked);
        accelerator.Synchronize();
        return locked.GetArray();
    }

    static int[] Reduction(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>(200);
        accelerator.Initialize(accelerator.DefaultStream, x.View, 21);
        return [accelerator.Reduce<int, AddInt32>(accelerator.DefaultStream, x.View)];
    }

    static int[] Scan(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x = accelerator.Allocate1D<int>([.. Enumerable.Range(0, 300)]),
            sums = accelerator.Allocate1D<int>(300);
        using MemoryBuffer1D<int, Stride1D.Dense> work = accelerator.Allocate1D<int>(accelerator.ComputeScanTempStorageSize<int>(x.Length));
        accelerator.CreateScan<int, Stride1D.Dense, Stride1D.Dense,
            AddInt32>(ScanKind.Inclusive)(accelerator.DefaultStream, x.View, sums.View, work.View);
        return sums.GetAsArray1D();
    }

    static int[] RadixSort(Accelerator accelerator)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> x =
            accelerator.Allocate1D<int>([.. Enumerable.Range(0, 200).Select(i => i * 7919 % 1009 - 500)]);
        using MemoryBuffer1D<int, Stride1D.Dense> work =
            accelerator.Allocate1D<int>(accelerator.ComputeRadixSortTempStorageSize<int, AscendingInt32>((Index1D)x.Length));
        accelerator.CreateRadixSort<int, Stride1D.Dense, AscendingInt32>()(accelerator.DefaultStream, x.View, work.View);
        return x.GetAsArray1D();
    }

    static void Saxpy(Index1D i, ArrayView<float> x, ArrayView<float> y, float a) => y[i] = a * x[i] + y[i];

    static void TurnKernel(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[Group.IdxX] = x[Grid.GlobalIndex.X];
        Group.Barrier();
        x[Grid.GlobalIndex.X] = shared[Group.DimX - 1 - Group.IdxX];
    }

    static void DynamicKernel(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.GetDynamic<int>();
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        x[Grid.GlobalIndex.X] = shared[Group.DimX - 1 - Group.IdxX] + (int)shared.Length;
    }

    static void PlaneKernel(Index2D i, ArrayView2D<float, Stride2D.DenseX> plane, Scale scale) =>
        plane[i] = scale.Factor * i.Y + i.X + scale.Table[i.X];

    static void ConstantKernel(Index1D i, ArrayView<int> x, SpecializedValue<int> factor) => x[i] = factor.Value * i.X;

    /// <summary>What a kernel takes as one argument. Public: ILGPU's own accelerator makes code that holds it.</summary>
    public readonly record struct Scale(float Factor, ArrayView<float> Table);
}
