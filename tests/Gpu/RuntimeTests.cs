using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Tests.Gpu;

/// <summary>Launches: which threads run, groups with barriers and shared memory, and what is refused or fails with a name.</summary>
[TestFixture("reference", 0)]
[TestFixture("cpu", 1)]
[TestFixture("cpu", 3)]
[TestFixture("cpu:128", 2)]
public class RuntimeTests(string deviceName, int threads)
{
    Device device = null!;

    [SetUp]
    public void Open() => device = Device.Open(deviceName, threads, isChecked: true);

    [TearDown]
    public void Close() => device.Dispose();

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(1000)]
    public void A_launch_runs_each_index_once(int n)
    {
        using Buffer<int> counts = Zeros(n + 1);
        device.Stream.Launch(CountKernel, n, counts.View);
        Assert.That(Read(counts), Is.EqualTo(Enumerable.Repeat(1, n).Append(0)));
    }

    [TestCase(1, 1)]
    [TestCase(5, 3)]
    [TestCase(3, 100)]
    public void A_plane_runs_each_index_once_with_X_fastest(int width, int height)
    {
        using Buffer<int> values = Zeros(width * height);
        device.Stream.Launch(PlaneKernel, new Index2D(width, height), values.View, width);
        Assert.That(Read(values), Is.EqualTo(Enumerable.Range(0, width * height).Select(i => 1000 * (i / width) + i % width + 1)));
    }

    [TestCase(1, 1)]
    [TestCase(4, 8)]
    [TestCase(7, 33)]
    public void Groups_cover_the_grid(int groups, int size)
    {
        using Buffer<int> values = Zeros(groups * size);
        device.Stream.Launch(GridKernel, new KernelConfig(groups, size), values.View);
        Assert.That(Read(values), Is.EqualTo(Enumerable.Range(0, groups * size).Select(i => 1000 * (i / size) + i % size + 1)));
    }

    [Test]
    public void Groups_and_grids_have_two_axes()
    {
        using Buffer<int> values = Zeros(2 * 3 * 4 * 5);
        device.Stream.Launch(Grid2DKernel, new KernelConfig(new Index2D(2, 3), new Index2D(4, 5)), values.View);
        Assert.That(Read(values), Is.All.EqualTo(1));
    }

    [Test]
    public void A_group_reverses_through_shared_memory()
    {
        const int groups = 3, size = 16;
        using Buffer<int> values = device.Allocate<int>(groups * size);
        device.Stream.Write<int>(Enumerable.Range(0, groups * size).ToArray(), values.View);
        device.Stream.Launch(ReverseKernel, new KernelConfig(groups, size), values.View);
        Assert.That(Read(values), Is.EqualTo(Enumerable.Range(0, groups).SelectMany(g => Enumerable.Range(g * size, size).Reverse())));
    }

    [Test]
    public void A_group_sums_over_a_tree_of_barriers()
    {
        const int groups = 4;
        using Buffer<int> x = device.Allocate<int>(groups * 32);
        using Buffer<int> sums = Zeros(groups);
        int[] values = [.. Enumerable.Range(0, groups * 32).Select(i => i * i % 101)];
        device.Stream.Write<int>(values, x.View);
        device.Stream.Launch(TreeSumKernel, new KernelConfig(groups, 32), x.View, sums.View);
        Assert.That(Read(sums), Is.EqualTo(values.Chunk(32).Select(chunk => chunk.Sum())));
    }

    [Test]
    public void Shared_memory_starts_undefined_and_the_host_devices_show_it()
    {
        using Buffer<float> y = device.Allocate<float>(2);
        void Launch() => device.Stream.Launch(UnwrittenKernel, new KernelConfig(1, 2), y.View);
        if (deviceName != "reference")
        {
            Assert.That(Launch, Throws.TypeOf<KernelException>().With.Message.Contains("NaN is stored").And.Message.Contains(
                "RuntimeTests.cs, line"));
            return;
        }

        Launch();
        var values = new float[2];
        device.Stream.Read<float>(y.View, values);
        Assert.That(values, Is.All.NaN);
    }

    [Test]
    public void A_barrier_that_not_all_threads_pass_is_an_error()
    {
        using Buffer<int> values = Zeros(8);
        Assert.That(
            () => device.Stream.Launch(DivergentKernel, new KernelConfig(2, 4), values.View),
            Throws.TypeOf<KernelException>().With.Message.Contains("RuntimeTests.DivergentKernel").And.Message.Contains(
            "group 0").And.Message.Contains("barrier"));
        AssertStillWorks();
    }

    [Test]
    public void A_barrier_without_groups_is_an_error()
    {
        using Buffer<int> values = Zeros(4);
        Assert.That(
            () => device.Stream.Launch(UngroupedBarrierKernel, 4, values.View),
            Throws.TypeOf<KernelDiagnosticException>().With.Message.Contains("D2G014").And.Message.Contains("KernelConfig"));
    }

    [TestCase(4, 4)]
    [TestCase(-1, -1)]
    public void An_index_outside_of_a_view_is_an_error_with_kernel_and_index(int at, int named)
    {
        using Buffer<int> values = Zeros(4);
        Assert.That(
            () => device.Stream.Launch(StoreAtKernel, 1, values.View, at),
            Throws.TypeOf<KernelException>().With.Message.Contains("RuntimeTests.StoreAtKernel").And.Message.Contains(
            $"index {named} ").And.Message.Contains("4 elements"));
        AssertStillWorks();
    }

    [Test]
    public void A_failure_in_a_group_names_kernel_and_group()
    {
        using Buffer<int> values = Zeros(4);
        Assert.That(
            () => device.Stream.Launch(GroupStoreOutsideKernel, new KernelConfig(1, 2), values.View),
            Throws.TypeOf<KernelException>().With.Message.Contains("GroupStoreOutsideKernel").And.Message.Contains(
            "group 0").And.Message.Contains("index 99"));
        AssertStillWorks();
    }

    [Test]
    public void A_sub_view_does_not_reach_its_neighbors()
    {
        using Buffer<int> values = Zeros(8);
        device.Stream.Launch(CountKernel, 3, values.View.SubView(2, 3));
        Assert.That(Read(values), Is.EqualTo(new[] { 0, 0, 1, 1, 1, 0, 0, 0 }));
        Assert.That(() => values.View.Part(6, 3), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("[6, 9)"));
        Assert.That(() => device.Stream.Launch(CountKernel, 4, values.View.SubView(2, 3)), Throws.TypeOf<KernelException>());
    }

    [Test]
    public void A_lambda_that_captures_is_refused()
    {
        using Buffer<int> values = Zeros(4);
        int factor = values.View.IntLength;
        Action<Index1D, ArrayView<int>> lambda = (i, v) => v[i] = factor;
        Assert.That(
            () => device.Stream.Launch(lambda, 4, values.View),
            Throws.ArgumentException.With.Message.Contains("is not a kernel").And.Message.Contains("it captures 'factor'"));
    }

    [Test]
    public void A_kernel_that_takes_a_class_is_refused() =>
        Assert.That(
            () => CompiledKernel.Of((Action<Index1D, string>)ClassKernel),
            Throws.ArgumentException.With.Message.Contains("ClassKernel").And.Message.Contains("'text'").And.Message.Contains("String"));

    [Test]
    public void Launches_that_no_device_could_run_are_refused()
    {
        using Buffer<int> values = Zeros(4);
        Assert.That(() => device.Stream.Launch(CountKernel, -1, values.View), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => device.Stream.Launch(PlaneKernel, new Index2D(100_000, 100_000), values.View, 1),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("100000 x 100000"));
        Assert.That(() => device.Stream.Launch(GridKernel, new KernelConfig(1, 1025), values.View),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("1025"));
        Assert.That(() => device.Stream.Write<int>(new int[3], values.View), Throws.ArgumentException.With.Message.Contains("3 and 4"));
    }

    void AssertStillWorks()
    {
        using Buffer<int> counts = Zeros(5);
        device.Stream.Launch(CountKernel, 5, counts.View);
        Assert.That(Read(counts), Is.All.EqualTo(1), "after a failed launch the device goes on");
    }

    Buffer<int> Zeros(int n)
    {
        Buffer<int> buffer = device.Allocate<int>(n);
        device.Stream.Clear(buffer.View);
        return buffer;
    }

    int[] Read(Buffer<int> buffer)
    {
        var values = new int[buffer.Length];
        device.Stream.Read<int>(buffer.View, values);
        return values;
    }

    static void CountKernel(Index1D i, ArrayView<int> counts) => counts[i]++;

    static void PlaneKernel(Index2D i, ArrayView<int> values, int width) => values[i.Y * width + i.X] += 1000 * i.Y + i.X + 1;

    static void GridKernel(ArrayView<int> values) => values[Grid.GlobalIndex.X] += 1000 * Grid.IdxX + Group.IdxX + 1;

    static void Grid2DKernel(ArrayView<int> values) =>
        values[Grid.GlobalIndex.Y * Grid.DimX * Group.DimX + Grid.GlobalIndex.X]++;

    static void ReverseKernel(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(16);
        int first = Grid.IdxX * Group.DimX;
        shared[Group.IdxX] = values[first + Group.IdxX];
        Group.Barrier();
        values[first + Group.IdxX] = shared[Group.DimX - 1 - Group.IdxX];
    }

    static void TreeSumKernel(ArrayView<int> x, ArrayView<int> sums)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(32);
        shared[Group.IdxX] = x[Grid.GlobalIndex.X];
        for (int width = 16; width > 0; width /= 2)
        {
            Group.Barrier();
            if (Group.IdxX < width)
                shared[Group.IdxX] += shared[Group.IdxX + width];
        }

        if (Group.IsFirstThread)
            sums[Grid.IdxX] = shared[0];
    }

    static void UnwrittenKernel(ArrayView<float> y) => y[Group.IdxX] = SharedMemory.Allocate<float>(2)[Group.IdxX];

    static void DivergentKernel(ArrayView<int> values)
    {
        if (Group.IdxX < 2)
            return;
        Group.Barrier();
        values[Group.IdxX] = 1;
    }

    static void UngroupedBarrierKernel(Index1D i, ArrayView<int> values)
    {
        Group.Barrier();
        values[i] = 1;
    }

    static void StoreAtKernel(Index1D i, ArrayView<int> values, int at) => values[at + i] = 1;

    static void GroupStoreOutsideKernel(ArrayView<int> values)
    {
        Group.Barrier();
        values[99 * Group.IdxX] = 1;
    }

    static void ClassKernel(Index1D i, string text) => throw new InvalidOperationException($"{i.X} {text} must never run");
}
