using System.Reflection;
using Dalle2.Gpu;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Targets.Ptx;
using Dalle2.Tests.Gpu.Cuda;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>Products of matrices by a warp: their C# on every device, and the instructions of matrix units in the PTX interpreter.</summary>
public class MatrixTests
{
    const int Products = 3;

    static readonly string[] Devices = ["reference", .. TestDevices.Names, "ptx", "cuda 60", "cuda 75", "cuda 80", "cuda 90", "cuda 100"];

    // Whole numbers leave nothing to round: each element is where the layout says.
    [Test]
    public void Whole_numbers_are_multiplied_exactly([ValueSource(nameof(Devices))] string name, [Values] bool brain)
    {
        var (a, b, c) = Inputs(brain, (random, _) => random.Next(-9, 10));
        Assert.That(Multiply(name, brain, a, b, c), Is.EqualTo(Definition(brain, a, b, c).Select(sum => (float)sum)));
    }

    // 8 and 16 products and a sum: each of those has an error of at most 2^-24 of the sum of magnitudes.
    [Test]
    public void Other_numbers_are_rounded_before_and_summed_in_floats([ValueSource(nameof(Devices))] string name, [Values] bool brain)
    {
        var (a, b, c) = Inputs(brain, (random, _) => random.NextSingle() * 2 - 1);
        float[] rounded(float[] values) => [.. values.Select(value => Rounded(value, brain ? 7 : 10))];
        double[] expected = Definition(brain, rounded(a), rounded(b), c);
        float[] actual = Multiply(name, brain, a, b, c);
        Assert.That(actual.Zip(expected, (x, y) => Math.Abs(x - y)).Max(), Is.LessThan(17 * Math.ScaleB(1, -24) * 17));
        Assert.That(expected.Zip(Definition(brain, a, b, c), (x, y) => Math.Abs(x - y)).Max(), Is.GreaterThan(1e-4), "the rounding shows");
    }

    [Test]
    public void Conversions_round_to_the_nearest_of_so_many_bits([ValueSource(nameof(Devices))] string name)
    {
        float[] x =
        [
            0f, -0f, 1f, -1f, 1.00048828125f, 1.000488f, -1.00048828125f, 1.00390625f, 1.01171875f, -1.00390625f, 1.0039063f, 3.4028235e38f,
            -3.4e38f, 1e-40f, -7e-44f, 1.1754944e-38f,
            float.PositiveInfinity, float.NegativeInfinity, 0.1f, 65504f, 123456.789f,
        ];
        using Device device = Open(name);
        using Buffer<float> input = device.Allocate<float>(x.Length), output = device.Allocate<float>(2 * x.Length);
        device.Stream.Write<float>(x, input.View);
        device.Stream.Clear(output.View);
        device.Stream.Launch(MatrixKernels.Round, x.Length, input.View, output.View);
        var y = new float[2 * x.Length];
        device.Stream.Read<float>(output.View, y);
        Assert.That(y.Select(BitConverter.SingleToUInt32Bits), Is.EqualTo(x.SelectMany((value, i) => (uint[])
        [
            BitConverter.SingleToUInt32Bits(Rounded(value, 10)),
            BitConverter.SingleToUInt32Bits(Rounded(value, 7)) | BitConverter.SingleToUInt32Bits(Rounded(x[(i + 1) % x.Length], 7)) >> 16,
        ])));
    }

    [TestCase(60, 0)]
    [TestCase(70, 0)]
    [TestCase(80, 1)]
    [TestCase(90, 1)]
    [TestCase(100, 1)]
    public void Texts_have_one_instruction_for_each_product_from_8_0_on(int sm, int instructions)
    {
        foreach (var (kernel, mnemonic) in new[] { (nameof(MatrixKernels.TensorFloats),
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {"),
            (nameof(MatrixKernels.BrainFloats), "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {") })
        {
            string text = KernelText.Ptx(Kernel(kernel), sm);
            Assert.That(text.Split(mnemonic), Has.Length.EqualTo(1 + instructions));
            Assert.That(text.Contains("shfl"), Is.EqualTo(instructions == 0));
            Assert.That(() => new PtxProgram(text), Throws.Nothing);
        }
    }

    [Test]
    public void What_was_translated_for_matrix_units_is_refused_where_there_are_none()
    {
        Function function = Dalle2.Gpu.Compiler.Optimize(Kernel(nameof(MatrixKernels.TensorFloats)),
            new CompileOptions(HasMatrixUnits: true), (_, after) => IrVerifier.Verify(after));
        Assert.That(() => PtxTarget.Compile(function, new PtxOptions(70)),
            Throws.ArgumentException.With.Message.Contains(
            "MatrixKernels.TensorFloats was translated for matrix units, which sm_70 does not have"));
    }

    [Test]
    public void A_warp_without_all_its_threads_is_an_error()
    {
        using Device device = Open("cuda 80");
        using Buffer<float> x = device.Allocate<float>(256);
        device.Stream.Clear(x.View);
        Assert.That(
            () =>
            {
                device.Stream.Launch(MatrixKernels.TensorFloats, new KernelConfig((Index1D)1, 31), x.View, x.View, x.View, x.View);
                device.Stream.Read<float>(x.View, new float[256]);
            },
            Throws.TypeOf<KernelException>());
    }

    [Test]
    public void Copies_to_shared_memory_are_there_after_waiting([ValueSource(nameof(Devices))] string name) =>
        Assert.That(Turn(Open(name), waits: true),
        Is.EqualTo(Enumerable.Range(0, 64).Select(i => i / 32 * 32 + 31 - i % 32 is var from && from < 50 ? from + 1f : 0f)));

    [Test]
    public void A_copy_that_nobody_waits_for_is_found()
    {
        var driver = new StandInDriver { Capability = 80 };
        Assert.That(() => Turn(StandInDevice.Open(driver), waits: false), Throws.TypeOf<KernelException>());
        Assert.That(driver.Fault!.Message, Does.Contain("shared memory is touched while a copy to it is under way"));
    }

    [Test]
    public void Rows_are_copied_in_fours_and_read_a_row_a_lane([ValueSource(nameof(Devices))] string name) =>
        Assert.That(Rows(Open(name), 4, 0), Is.EqualTo(Enumerable.Range(0, 512)
        .Select(i => i / 128 * 128 + 4 * (31 - i % 128 / 4) + i % 4 is var from && from < 300 ? from + 1f : 0f)));

    // Views that begin elsewhere are copied one by one, into the same places.
    [TestCase(80)]
    [TestCase(90)]
    public void Rows_of_views_that_are_not_aligned_are_copied_all_the_same(int sm)
    {
        var driver = new StandInDriver { Capability = sm };
        Assert.That(Rows(StandInDevice.Open(driver), 4, 1), Is.EqualTo(Rows(Open("reference"), 4, 1)));
    }

    [TestCase(3, "is not aligned to 16 bytes")]
    [TestCase(8, "shared memory is touched while a copy to it is under way")]
    public void Rows_that_are_not_aligned_or_not_there_yet_are_found(int step, string message)
    {
        var driver = new StandInDriver { Capability = 80 };
        Assert.That(() => Rows(StandInDevice.Open(driver), step, 0), Throws.TypeOf<KernelException>());
        Assert.That(driver.Fault!.Message, Does.Contain(message));
    }

    static float[] Rows(Device device, int step, int offset)
    {
        using (device)
        {
            using Buffer<float> x = device.Allocate<float>(300 + offset), y = device.Allocate<float>(512);
            device.Stream.Write<float>([.. Enumerable.Range(1 - offset, 300 + offset)], x.View);
            device.Stream.Clear(y.View);
            device.Stream.Launch(MatrixKernels.Rows, new KernelConfig((Index1D)2, 32), x.View.SubView(offset, 300), y.View, 300,
                ILGPU.Runtime.SpecializedValue.New(step));
            var result = new float[512];
            device.Stream.Read<float>(y.View, result);
            return result;
        }
    }

    static float[] Turn(Device device, bool waits)
    {
        using (device)
        {
            using Buffer<float> x = device.Allocate<float>(50), y = device.Allocate<float>(64);
            device.Stream.Write<float>([.. Enumerable.Range(1, 50)], x.View);
            device.Stream.Clear(y.View);
            device.Stream.Launch(MatrixKernels.Turn, new KernelConfig((Index1D)2, 32), x.View, y.View, 50,
                ILGPU.Runtime.SpecializedValue.New(waits));
            var result = new float[64];
            device.Stream.Read<float>(y.View, result);
            return result;
        }
    }

    static MethodInfo Kernel(string name) => typeof(MatrixKernels).GetMethod(name)!;

    static Device Open(string name) => name switch
    {
        "reference" => Device.Open(name),
        "ptx" => new PtxDevice { WithChecks = false },
        _ when name.StartsWith("cuda") =>
        StandInDevice.Open(new StandInDriver { Capability = int.Parse(name[5..]), DriverVersion = 12080 }),
        "ir" => new IrDevice { WithChecks = false },
        _ => TestDevices.Open(name),
    };

    static (float[] A, float[] B, float[] C) Inputs(bool brain, Func<Random, int, float> draw)
    {
        var random = new Random(5);
        int depth = brain ? 16 : 8;
        float[] many(int count) => [.. Enumerable.Range(0, Products * count).Select(i => draw(random, i))];
        return (many(16 * depth), many(8 * depth), many(128));
    }

    static double[] Definition(bool brain, float[] a, float[] b, float[] c)
    {
        int depth = brain ? 16 : 8;
        return [.. Enumerable.Range(0, Products * 128).Select(e =>
        {
            int product = e / 128, row = e % 128 / 8, column = e % 8;
            return c[e] + Enumerable.Range(0, depth).Sum(k => (double)a[(product * 16 + row) * depth + k]
                * b[(product * depth + k) * 8 + column]);
        })];
    }

    // The nearest float with so many bits of mantissa; halves away from zero with 10, to even with 7.
    static float Rounded(float value, int mantissa)
    {
        if (!float.IsFinite(value) || value == 0f)
            return value;
        double step = Math.ScaleB(1.0, Math.Max(Math.ILogB(value), -126) - mantissa);
        return (float)(Math.Round(value / step, mantissa == 7 ? MidpointRounding.ToEven : MidpointRounding.AwayFromZero) * step);
    }

    static float[] Multiply(string name, bool brain, float[] a, float[] b, float[] c)
    {
        using Device device = Open(name);
        using Buffer<float> left = device.Allocate<float>(a.Length), right = device.Allocate<float>(b.Length),
            start = device.Allocate<float>(c.Length), sums = device.Allocate<float>(c.Length);
        device.Stream.Write<float>(a, left.View);
        device.Stream.Write<float>(b, right.View);
        device.Stream.Write<float>(c, start.View);
        device.Stream.Clear(sums.View);
        device.Stream.Launch(brain ? MatrixKernels.BrainFloats : MatrixKernels.TensorFloats, new KernelConfig((Index1D)Products, 32),
            left.View, right.View, start.View, sums.View);
        var result = new float[c.Length];
        device.Stream.Read<float>(sums.View, result);
        return result;
    }
}
