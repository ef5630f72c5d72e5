using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>What threads do together, and the types beside float and int: PTX leaves the bits of the method.</summary>
public class DialectPtxTests
{
    PtxDevice device = null!;

    [SetUp]
    public void Open() => device = new PtxDevice();

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Atomics_leave_the_bits_of_the_method()
    {
        int[] x = [.. Enumerable.Range(0, 50).Select(i => i * 37 % 23 - 5)];
        Run(x, Filled(16, i => i == 11 ? -1 : 0), (input, output) => device.Stream.Launch(DialectKernels.Histogram, 50, input, output));
        Atomics<int, DialectKernels.OfInt>(i => i * 1000003);
        Atomics<uint, DialectKernels.OfUInt>(i => (uint)i * 4000000007u);
        Atomics<long, DialectKernels.OfLong>(i => i * 9000000000000000007L);
        Atomics<ulong, DialectKernels.OfULong>(i => (ulong)i * 18000000000000000007UL);
        Atomics<float, DialectKernels.OfFloat>(i => i * 0.37f - 4f);
        Atomics<float, DialectKernels.OfFloat>(i => i * 3e-41f);
        Atomics<double, DialectKernels.OfDouble>(i => i * 0.37 - 4);
    }

    [Test]
    public void Atomic_sums_keep_denormals()
    {
        Run(Filled(32, i => i * 3e-43f), new float[2], (x, y) => device.Stream.Launch(PtxKernels.Total, 32, x, y));
        Run(Filled(32, i => i * 0.25f), new float[2], (x, y) => device.Stream.Launch(PtxKernels.Total, 32, x, y));
    }

    [Test]
    public void Atomics_of_a_threads_own_memory_leave_the_bits_of_the_method() =>
        Run(Filled(32, i => i * 5 - 40), new int[32], (x, y) => device.Stream.Launch(PtxKernels.OwnAtomics, 32, x, y));

    [Test]
    public void Shuffles_leave_the_bits_of_the_method([Values(32, 40, 64, 5)] int threads)
    {
        Shuffles(threads, i => i + 0.5f);
        Shuffles(threads, i => i * 3);
        Shuffles(threads, i => i * 9000000000000000007L);
        Shuffles(threads, i => i * 0.1);
        Shuffles(threads, i => (Half)(i * 0.1f));
        Shuffles(threads, i => (byte)(i * 5));
        Shuffles(threads, i => i % 3 == 0);
        Shuffles(threads, i => new DialectKernels.Pair(i, -i));
    }

    [Test]
    public void Sums_of_warps_and_votes_of_groups_leave_the_bits_of_the_method()
    {
        Run(Filled(128, i => (float)i), new float[2],
            (x, y) => device.Stream.Launch(DialectKernels.WarpSum, new KernelConfig((Index1D)2, 64), x, y));
        Run(Filled(66, i => i - 3), new int[66], (x, y) =>
            device.Stream.Launch(DialectKernels.Votes, new KernelConfig((Index1D)2, 33), x, y));
        Run(Filled(64, i => (float)i), new float[64],
            (x, y) => device.Stream.Launch(PtxKernels.Neighbors, new KernelConfig((Index1D)1, 64), x, y));
    }

    [Test]
    public void A_specialized_value_is_a_constant_of_its_own_text()
    {
        foreach (int turns in new[] { 2, 3, 0 })
        {
            Run([1f, 2f], [3f, 5f], (_, y) => device.Stream.Launch(
                DialectKernels.Specialized, 2, ILGPU.Runtime.SpecializedValue.New(turns), y,
                new ILGPU.Runtime.SpecializedValue<DialectKernels.Pair>(new(turns - 2.5f, 1f))));
        }
    }

    [Test]
    public void Halves_leave_the_bits_of_the_method()
    {
        Half[] odd =
        [
            .. new[] { 0f, -0f, 1f, -1f, 0.1f, 65504f, -65504f, float.PositiveInfinity, float.NegativeInfinity, 6e-8f, -6e-8f, 6.1e-5f,
            3.5f, 255.5f, -129f, 1024.5f }.Select(f => (Half)f),
        ];
        using Buffer<Half> x = device.Allocate<Half>(odd.Length), y = device.Allocate<Half>(20 * odd.Length);
        using Buffer<int> z = device.Allocate<int>(21 * odd.Length);
        device.Stream.Write<Half>(odd, x.View);
        device.Stream.Write<int>([.. Enumerable.Range(0, 21 * odd.Length).Select(i => i * 12347 - 90000)], z.View);
        device.Stream.Launch(DialectKernels.Halves, odd.Length, x.View, y.View, z.View, (Half)0.3f);
        Assert.That(device.Launches, Is.EqualTo(1));
    }

    void Atomics<T, TAtomics>(Func<int, T> value)
        where T : unmanaged
        where TAtomics : unmanaged, DialectKernels.IAtomics<T> =>
        Run(Filled(40, value), Filled(80, i => value(3 * i)),
        (x, y) => device.Stream.Launch(DialectKernels.Atomics, new KernelConfig((Index1D)1, 40), x, y, default(TAtomics)));

    void Shuffles<T>(int threads, Func<int, T> value)
        where T : unmanaged =>
        Run(Filled(2 * threads, value), new T[20 * threads],
        (x, y) => device.Stream.Launch(DialectKernels.Shuffles, new KernelConfig((Index1D)2, threads), x, y));

    static T[] Filled<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];

    void Run<T>(T[] x, T[] y, Action<ArrayView<T>, ArrayView<T>> launch)
        where T : unmanaged
    {
        int before = device.Launches;
        using Buffer<T> input = device.Allocate<T>(x.Length), output = device.Allocate<T>(y.Length);
        device.Stream.Write<T>(x, input.View);
        device.Stream.Write<T>(y, output.View);
        launch(input.View, output.View);
        Assert.That(device.Launches, Is.EqualTo(before + 1));
    }
}
