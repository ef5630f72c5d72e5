using Dalle2.Gpu;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Atomics, warps, votes, specialized values and halves: right on the reference, and the compiled function leaves the same bits.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Names))]
public class DialectTests(string deviceName)
{
    Device device = null!;

    [SetUp]
    public void Open() => device = TestDevices.Open(deviceName);

    [TearDown]
    public void Close() => device.Dispose();

    [Test]
    public void Atomics_of_a_whole_launch_add_up()
    {
        int[] x = [.. Enumerable.Range(0, 50).Select(i => i * 37 % 23 - 5)];
        int[] bins = Run(x, Enumerable.Range(0, 16).Select(i => i == 11 ? -1 : 0).ToArray(),
            (input, output) => device.Stream.Launch(DialectKernels.Histogram, 50, input, output));
        int[] sums = [.. Enumerable.Range(0, 8).Select(bin => x.Index().Where(e => (e.Item & 7) == bin).Sum(e => e.Index))];
        Assert.That(bins[..8], Is.EqualTo(sums));
        Assert.That(bins[9], Is.EqualTo(x.Min()));
        Assert.That(bins[10], Is.EqualTo(-1));
        Assert.That(bins[11], Is.Zero);
        Assert.That(bins[12], Is.EqualTo(x.Aggregate(0, (all, value) => all ^ (value * 7))));
        Assert.That(bins[13], Is.EqualTo(50));
    }

    [Test]
    public void Atomics_of_each_type_leave_the_bits_of_the_method()
    {
        Atomics<int, DialectKernels.OfInt>(i => i * 1000003);
        Atomics<uint, DialectKernels.OfUInt>(i => (uint)i * 4000000007u);
        Atomics<long, DialectKernels.OfLong>(i => i * 9000000000000000007L);
        Atomics<ulong, DialectKernels.OfULong>(i => (ulong)i * 18000000000000000007UL);
        Atomics<float, DialectKernels.OfFloat>(i => i * 0.37f - 4f);
        Atomics<double, DialectKernels.OfDouble>(i => i * 0.37 - 4);
    }

    [Test]
    public void Shuffles_take_the_values_of_other_lanes([Values(32, 40, 64, 5)] int threads)
    {
        float[] x = [.. Enumerable.Range(0, 2 * threads).Select(i => i + 0.5f)];
        float[] y = Run(x, new float[10 * x.Length],
            (input, output) => device.Stream.Launch(DialectKernels.Shuffles, new KernelConfig((Index1D)2, threads), input, output));
        for (int at = 0; at < x.Length; at++)
        {
            int warp = at % threads / 32 * 32, lane = at % threads % 32, lanes = Math.Min(32, threads - warp), start = at - lane;
            float Of(int source) => source >= 0 && source < lanes ? x[start + source] : x[at];
            float[] expected =
            [
                Of((at * 5 + 3) % 40 - 4), Of(lane + 3), Of(lane - 2), Of(lane ^ 5), Of(1), Of(lane % 8 + 3 < 8 ? lane + 3 : lane),
                Of(lane % 4 >= 1 ? lane - 1 : lane), Of(lane ^ 1), Of(lane / 4 * 4 + 3), x[at / threads * threads + 2],
            ];
            Assert.That(Enumerable.Range(0, 10).Select(s => y[at + s * x.Length]), Is.EqualTo(expected), $"thread {at}");
        }
    }

    [Test]
    public void Shuffles_of_other_types_leave_the_bits_of_the_method()
    {
        Shuffles(i => i * 3);
        Shuffles(i => (uint)i * 4000000007u);
        Shuffles(i => i * 9000000000000000007L);
        Shuffles(i => i * 0.1);
        Shuffles(i => (Half)(i * 0.1f));
        Shuffles(i => (byte)(i * 5));
        Shuffles(i => i % 3 == 0);
        Shuffles(i => new DialectKernels.Pair(i, -i));
    }

    [Test]
    public void A_warp_sums_by_shuffles()
    {
        float[] sums = Run([.. Enumerable.Range(0, 128).Select(i => (float)i)], new float[2],
            (x, y) => device.Stream.Launch(DialectKernels.WarpSum, new KernelConfig((Index1D)2, 64), x, y));
        Assert.That(sums, Is.EqualTo([64f * 63 / 2, 64f * 63 / 2 + 64 * 64]));
    }

    [Test]
    public void A_group_votes()
    {
        int[] x = [.. Enumerable.Range(0, 66).Select(i => i - 3)];
        int[] y = Run(x, new int[66], (input, output) =>
            device.Stream.Launch(DialectKernels.Votes, new KernelConfig((Index1D)2, 33), input, output));
        Assert.That(y[0], Is.EqualTo(4 * 17));
        Assert.That(y[33], Is.EqualTo(1 + 2 + 4 * 16));
        Assert.That(y[31] - y[30], Is.EqualTo(1000));
    }

    [Test]
    public void A_shuffle_that_not_all_lanes_pass_is_an_error()
    {
        using Device reference = Device.Open("reference");
        using Buffer<float> x = reference.Allocate<float>(8);
        Assert.That(
            () => reference.Stream.Launch(DivergentShuffle, new KernelConfig((Index1D)1, 8), x.View),
            Throws.TypeOf<KernelException>().With.Message.Contains(
            "group 0: some threads left the kernel while others were still to pass"));
    }

    static void DivergentShuffle(ArrayView<float> x)
    {
        if (Group.IdxX > 3)
            x[0] = Warp.ShuffleDown(1f, 1);
    }

    [Test]
    public void A_specialized_value_is_a_constant_of_its_own_function()
    {
        float[] Launch(int turns, float scale) => Run(
            [1f, 2f], [3f, 5f],
            (_, y) => device.Stream.Launch(DialectKernels.Specialized, 2, ILGPU.Runtime.SpecializedValue.New(turns), y,
            new ILGPU.Runtime.SpecializedValue<DialectKernels.Pair>(new(scale, 1f))));
        Assert.That(Launch(2, 1f), Is.EqualTo([7f, 11f]));
        Assert.That(Launch(3, -2f), Is.EqualTo([-17f, -29f]));
        Assert.That(Launch(0, 1f), Is.EqualTo([1f, 1f]));

        var values = new Dictionary<int, object>
        {
            [1] = ILGPU.Runtime.SpecializedValue.New(0),
            [3] = ILGPU.Runtime.SpecializedValue.New(new DialectKernels.Pair(1f, 4f))
        };
        var kernel = new SpecializedKernel(typeof(DialectKernels).GetMethod(nameof(DialectKernels.Specialized))!, values, [], 0);
        Function function = Dalle2.Gpu.Compiler.Optimize(kernel, CompileOptions.Default);
        Assert.That(function.Parameters.Select(p => p.Name), Is.EqualTo(["i.X", "x.base", "x.length"]));
        Assert.That(IrPrinter.Print(function), Does.Contain(", 4f"));
    }

    [Test]
    public void Halves_leave_the_bits_of_the_method()
    {
        Half[] odd =
        [
            .. new[] { 0f, -0f, 1f, -1f, 0.1f, 65504f, -65504f, float.PositiveInfinity, float.NegativeInfinity, 6e-8f, -6e-8f, 6.1e-5f,
            3.5f, 255.5f, -129f, 1024.5f }.Select(f => (Half)f),
            Half.NaN,
        ];
        using Buffer<Half> x = device.Allocate<Half>(odd.Length), y = device.Allocate<Half>(20 * odd.Length);
        using Buffer<int> z = device.Allocate<int>(21 * odd.Length);
        device.Stream.Write<Half>(odd, x.View);
        device.Stream.Write<int>([.. Enumerable.Range(0, 21 * odd.Length).Select(i => i * 12347 - 90000)], z.View);
        device.Stream.Launch(DialectKernels.Halves, odd.Length, x.View, y.View, z.View, (Half)0.3f);
    }

    void Atomics<T, TAtomics>(Func<int, T> value)
        where T : unmanaged
        where TAtomics : unmanaged, DialectKernels.IAtomics<T> =>
        Run(Filled(40, value), Filled(80, i => value(3 * i)),
        (x, y) => device.Stream.Launch(DialectKernels.Atomics, new KernelConfig((Index1D)1, 40), x, y, default(TAtomics)));

    void Shuffles<T>(Func<int, T> value)
        where T : unmanaged =>
        Run(Filled(80, value), new T[800], (x, y) => device.Stream.Launch(DialectKernels.Shuffles, new KernelConfig((Index1D)2, 40), x, y));

    static T[] Filled<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];

    T[] Run<T>(T[] x, T[] y, Action<ArrayView<T>, ArrayView<T>> launch)
        where T : unmanaged
    {
        using Buffer<T> input = device.Allocate<T>(x.Length), output = device.Allocate<T>(y.Length);
        device.Stream.Write<T>(x, input.View);
        device.Stream.Write<T>(y, output.View);
        launch(input.View, output.View);
        device.Stream.Read(output.View, y);
        return y;
    }
}
