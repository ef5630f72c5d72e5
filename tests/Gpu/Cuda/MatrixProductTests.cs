using Dalle2.Gpu;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Ops;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>
/// Products and convolutions on matrix units, through the CUDA device and a driver that interprets PTX. Of numbers that need no rounding they must be what the definition in double
/// gives, but for the sum in floats; of others they are off by no more than rounding explains.
/// </summary>
[Parallelizable(ParallelScope.Children)]
public class MatrixProductTests
{
    static readonly Precision[] Fast = [Precision.Tf32, Precision.Bf16];

    // One number, less than a tile, a tile, several with rest.
    static readonly int[][] Sizes = [[1, 1, 1], [5, 7, 9], [64, 64, 64], [70, 66, 70], [129, 33, 31]];

    [Test]
    public void Products_of_representable_numbers_are_those_of_the_definition(
        [ValueSource(nameof(Fast))] Precision precision, [ValueSource(nameof(Sizes))] int[] s, [Values] bool transposeA,
        [Values] bool transposeB)
    {
        double[] a = Draw("a", precision, s[0] * s[2]), b = Draw("b", precision, s[1] * s[2]), c = Draw("c", precision, s[0] * s[1]);
        bool accumulate = s[0] % 2 == 1;
        float[] actual = Multiply(precision, 80, s, a, b, c, transposeA, transposeB, accumulate);
        RequireNear(actual, Definition(s, a, b, c, transposeA, transposeB, accumulate), Rounding.SumBound(s[2] + 1));
    }

    // On a card with one multiprocessor alone, tiles are large; with many, small. Sizes that are multiples of 4 are copied in fours, others one by one.
    [Test]
    public void Products_in_large_tiles_are_those_of_the_definition_and_of_small_tiles([ValueSource(nameof(Fast))] Precision precision,
    [Values] bool transposeA, [Values] bool transposeB, [Values] bool isInFours)
    {
        int[] s = isInFours ? [200, 140, 36] : [201, 141, 37];
        double[] a = Draw("a", precision, s[0] * s[2]), b = Draw("b", precision, s[1] * s[2]), c = Draw("c", precision, s[0] * s[1]);
        var few = new StandInDriver { Capability = 80, Multiprocessors = 1, Accesses = new WarpAccesses() };
        var many = new StandInDriver { Capability = 80, Multiprocessors = 132, Accesses = new WarpAccesses() };
        float[] large = Multiply(few, precision, s, a, b, c, transposeA, transposeB, true),
            small = Multiply(many, precision, s, a, b, c, transposeA, transposeB, true);
        Assert.That(few.Calls, Has.One.Contains("MatrixKernel 2x2x1 128x1x1"));
        Assert.That(many.Calls, Has.One.Contains("MatrixKernel 3x4x1 128x1x1"));
        RequireNear(large, Definition(s, a, b, c, transposeA, transposeB, true), Rounding.SumBound(s[2] + 1));
        Assert.That(small, Is.EqualTo(large), "the tile changes no bit");
        foreach (StandInDriver driver in new[] { few, many })
        {
            var (accesses, conflicts) = driver.Accesses!.Shared();
            Assert.That(accesses, Is.GreaterThan(1000));
            Assert.That(conflicts.Where(line => isInFours || !line.Contains("cp.async")), Is.Empty,
                "what a warp asks for at once lies in different banks");
        }
    }

    // 63 pieces of k in 3 parts, and 36 in 2.
    [Test]
    public void A_long_k_is_summed_in_parts([ValueSource(nameof(Fast))] Precision precision)
    {
        int[] s = [40, 50, 1000];
        double[] a = Draw("a", precision, s[0] * s[2]), b = Draw("b", precision, s[1] * s[2]), c = Draw("c", precision, s[0] * s[1]);
        var driver = new StandInDriver { Capability = 80 };
        float[] actual = Multiply(driver, precision, s, a, b, c, true, false, true, inParts: true);
        Assert.That(driver.Calls, Has.One.Contains("MatrixKernel 3x1x1 128x1x1"));
        Assert.That(driver.Calls, Has.One.Contains("AddPartsKernel"));
        RequireNear(actual, Definition(s, a, b, c, true, false, true), Rounding.SumBound(s[2] + 1));
        Assert.That(Multiply(new StandInDriver { Capability = 80, Multiprocessors = 1 }, precision, s, a, b, c, true, false, true,
            inParts: true), Is.EqualTo(actual), "the card changes no bit");
        Convolutions_of_many_channels_are_those_of_the_definition(24, 8, 20, 3, 1, 4);
    }

    [Test]
    public void Parts_of_k_follow_from_the_shape_and_none_is_empty()
    {
        static int Parts(int m, int n, int k) => Math.Max(1, GemmOp.WorkspaceLength(Precision.Tf32, m, n, k) / (m * n));
        Assert.That(Parts(4096, 4096, 4096), Is.EqualTo(1));
        Assert.That(Parts(64, 64, 512), Is.EqualTo(2));
        Assert.That(Parts(576, 128, 65536), Is.EqualTo(14));
        Assert.That(Parts(1, 1, 1 << 20), Is.EqualTo(256));
        for (int depth = 1; depth < 20_000; depth += 113)
        {
            int parts = Parts(64, 128, depth), pieces = (depth + 15) / 16, each = (pieces + parts - 1) / parts;
            Assert.That((parts - 1) * each, Is.LessThan(pieces), $"k = {depth}");
        }

        Assert.That(GemmOp.WorkspaceLength(Precision.Float32, 64, 64, 512), Is.Zero);
        Assert.That(GemmOp.WorkspaceLength(Precision.Bf16, 64, 64, 512), Is.EqualTo(2 * 64 * 64));
    }

    [Test]
    public void Filtered_convolutions_workspace_is_not_reserved_where_none_is_filtered()
    {
        var window = new ConvolutionWindow((3, 3), (1, 1), (1, 1), (1, 1));
        Shape x = new(1, 16, 16, 64), w = new(3, 3, 64, 64);
        using CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = 80 });
        Assert.That(Conv2dOp.WorkspaceLength(device, x, w, x, window), Is.Positive);
        device.Precision = Precision.Tf32;
        Assert.That(Conv2dOp.WorkspaceLength(device, x, w, x, window), Is.EqualTo(2 * 16 * 16 * 64),
            "two parts of k of the forward pass");
    }

    // Rows of 128 bytes of two tiles, and a long enough loop: as many of each as the shape of the tile says, and all sums in registers.
    [TestCase("Matrix<Stored,Transposed,TensorFloats,LargeMatrixTile>", 64, 16)]
    [TestCase("Matrix<Stored,Transposed,BrainFloats,LargeMatrixTile>", 32, 16)]
    [TestCase("Matrix<Transposed,Stored,TensorFloats,SmallMatrixTile>", 16, 0)]
    [TestCase("Matrix<Stored,Stored,BrainFloats,SmallMatrixTile>", 8, 4)]
    [TestCase("Matrix<Stored,Transposed,StoredBrainFloats,LargeMatrixTile>", 64, 16)]
    [TestCase("PairedMatrix", 8, 0)]
    public void Texts_hold_sums_in_registers_and_copy_16_bytes_at_a_time(string name, int products, int loads)
    {
        var (_, _, method) = Dalle2.Cli.KernelCatalog.All.Single(kernel => kernel.Op == "Gemm" && kernel.Name == name);
        string text = KernelText.Ptx(method, 80, alignedViews: true);
        int Count(string mnemonic) => text.Split(mnemonic).Length - 1;
        Assert.That((Count("mma.sync"), Count("ldmatrix"), Count("local")), Is.EqualTo((products, loads, 0)));
        Assert.That(Count("cp.async.cg.shared.global"), Is.Positive);
        Assert.That(Count(name.Contains("Large") ? "cp.async.wait_group 1;" : "cp.async.wait_group 2;"), Is.EqualTo(1));
    }

    [Test]
    public void Every_target_with_matrix_units_gives_the_same([ValueSource(nameof(Fast))] Precision precision, [Values(90, 100)] int sm)
    {
        int[] s = [40, 50, 60];
        double[] a = Draw("a", precision, s[0] * s[2]), b = Draw("b", precision, s[1] * s[2]), c = new double[s[0] * s[1]];
        Assert.That(Multiply(precision, sm, s, a, b, c, false, false, false),
            Is.EqualTo(Multiply(precision, 80, s, a, b, c, false, false, false)));
    }

    [Test]
    public void Products_of_other_numbers_are_off_by_no_more_than_rounding_explains([ValueSource(nameof(Fast))] Precision precision,
    [Values(16, 128, 1024)] int depth)
    {
        int[] s = [48, 40, depth];
        double[] a = Draw("a", null, s[0] * s[2]), b = Draw("b", null, s[1] * s[2]), c = new double[s[0] * s[1]];
        float[] actual = Multiply(precision, 80, s, a, b, c, false, false, false);
        var (values, magnitudes) = Definition(s, a, b, c, false, false, false);
        RequireNear(actual, (values, magnitudes), Rounding.Bound(precision) + Rounding.SumBound(depth));
        double rms = Math.Sqrt(actual.Zip(values, (x, y) => (x - y) * (x - y)).Sum() / values.Sum(y => y * y));
        TestContext.Out.WriteLine($"{precision}, k = {depth}: root mean square error {rms:E2} of the products' own; largest "
            + $"{actual.Zip(values, (x, y) => Math.Abs(x - y)).Max() / values.Max(Math.Abs):E2} of the largest");
        Assert.That(rms, Is.GreaterThan(precision == Precision.Tf32 ? 5e-5 : 5e-4), "it was not computed in floats");
    }

    static IEnumerable<TestCaseData> Cases() =>
        from type in (Type[])[typeof(GemmCase), typeof(LinearCase), typeof(Conv2dCase), typeof(ConvTranspose2dCase)]
        from s in OpCase.Create(type).Shapes
        from precision in Fast
        select new TestCaseData(type, s, precision).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} on matrix units, {precision}");

    [TestCaseSource(nameof(Cases))]
    public void Ops_on_representable_numbers_are_those_of_the_definition(Type type, int[] s, Precision precision)
    {
        using CudaDevice device = Open(precision, 80);
        OpResult result = GradientCheck.Run(type, s, device, Rounding.To(precision));
        Assert.That(result.Passed, $"{result.MaxRelativeError:E2}: {result.Where}");
    }

    // Several tiles and pieces of k in each of the three; 3 x 3 with stride 1, and 4 x 4 with stride 2, whose input gradient is four products.
    [TestCase(9, 36, 70, 3, 1, 4)]
    [TestCase(10, 70, 36, 4, 2, 4)]
    [TestCase(12, 20, 132, 3, 1, 1)]
    [TestCase(7, 37, 66, 4, 2, 1)]
    public void Convolutions_of_many_channels_are_those_of_the_definition(int side, int channels, int outputs, int taps, int stride,
    int multiprocessors)
    {
        foreach (Precision precision in Fast)
        {
            using CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = 80, Multiprocessors = multiprocessors });
            device.Precision = precision;
            using var context = new Context(device, seed: 3);
            context.BeginStep(1, training: true);
            var window = new ConvolutionWindow((taps, taps), (stride, stride), (1, 1), (1, 1));
            int outSide = window.OutputSize((side, side)).Height;
            double[] x = Draw("x", precision, side * side * channels), w = Draw("w", precision, taps * taps * channels * outputs),
                dy = Draw("dy", precision, outSide * outSide * outputs);
            var (y, dx, dw) = (new Sums(dy.Length), new Sums(x.Length), new Sums(w.Length));
            for (int pixel = 0; pixel < outSide * outSide; pixel++)
            {
                for (int tap = 0; tap < taps * taps; tap++)
                {
                    int iy = pixel / outSide * stride - 1 + tap / taps, ix = pixel % outSide * stride - 1 + tap % taps;
                    for (int c = 0; iy >= 0 && iy < side && ix >= 0 && ix < side && c < channels; c++)
                    {
                        for (int k = 0; k < outputs; k++)
                        {
                            int atX = (iy * side + ix) * channels + c, atW = (tap * channels + c) * outputs + k, atY = pixel * outputs + k;
                            y.Add(atY, x[atX] * w[atW]);
                            dx.Add(atX, dy[atY] * w[atW]);
                            dw.Add(atW, dy[atY] * x[atX]);
                        }
                    }
                }
            }

            Tensor image = Upload(context, x, 1, side, side, channels), weights = Upload(context, w, taps, taps, channels, outputs),
                gradient = Upload(context, dy, 1, outSide, outSide, outputs);
            Tensor result = context.Allocate(gradient.Shape), imageGradient = context.Allocate(image.Shape),
                weightGradient = context.Allocate(weights.Shape);
            Tensor workspace = context.Allocate(Math.Max(1,
                Conv2dOp.WorkspaceLength(device, image.Shape, weights.Shape, gradient.Shape, window)));
            context.Stream.Clear(weightGradient.View);
            Conv2dOp.Forward(context.Stream, image, weights, result, window, workspace);
            Conv2dOp.InputGradient(context.Stream, gradient, weights, imageGradient, window, workspace);
            Conv2dOp.WeightGradient(context.Stream, image, gradient, weightGradient, window, workspace);
            RequireNear(result.ToArray(context.Stream), (y.Values, y.Magnitudes), Rounding.SumBound(taps * taps * channels));
            RequireNear(imageGradient.ToArray(context.Stream), (dx.Values, dx.Magnitudes), Rounding.SumBound(taps * taps * outputs));
            RequireNear(weightGradient.ToArray(context.Stream), (dw.Values, dw.Magnitudes), Rounding.SumBound(outSide * outSide));
        }
    }

    [Test]
    public void Where_there_are_no_matrix_units_the_refusal_says_what_to_do()
    {
        using Device cpu = Device.Open("cpu", 1);
        Assert.That(() => cpu.Precision = Precision.Tf32,
            Throws.TypeOf<DeviceUnavailableException>().With.Message.EqualTo(
            "cpu: precision tf32 needs an NVIDIA card from compute capability 8.0 on; leave --precision out"));
        cpu.Precision = Precision.Float32;
        using CudaDevice old = StandInDevice.Open(new StandInDriver { Capability = 75 });
        Assert.That(() => old.Precision = Precision.Bf16, Throws.TypeOf<DeviceUnavailableException>().With.Message.Match(
            @"^cuda:0: precision bf16 needs an NVIDIA card from compute capability 8\.0 on and a driver for CUDA 11 or later \(this is Stand-in, compute capability 7\.5, .*driver for CUDA 12\.4\); leave --precision out$"));
        Assert.That(old.Precision, Is.EqualTo(Precision.Float32));
    }

    static CudaDevice Open(Precision precision, int sm)
    {
        CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = sm, DriverVersion = 12080 });
        device.Precision = precision;
        return device;
    }

    static double[] Draw(string name, Precision? precision, int length) =>
        [.. Argument.Normal(name, 1, length).Draw(5).Select(value => precision is { } rounded ? Rounding.Round(rounded, value) : value)];

    static Tensor Upload(Context context, double[] values, params int[] extents) =>
        context.Upload([.. values.Select(value => (float)value)], extents);

    static float[] Multiply(Precision precision, int sm, int[] s, double[] a, double[] b, double[] c, bool transposeA, bool transposeB,
        bool accumulate) =>
        Multiply(new StandInDriver { Capability = sm, DriverVersion = 12080 }, precision, s, a, b, c, transposeA, transposeB, accumulate);

    static float[] Multiply(StandInDriver driver, Precision precision, int[] s, double[] a, double[] b, double[] c, bool transposeA,
        bool transposeB, bool accumulate, bool inParts = false)
    {
        using CudaDevice device = StandInDevice.Open(driver);
        device.Precision = precision;
        using var context = new Context(device, seed: 3);
        context.BeginStep(1, training: true);
        Tensor left = Upload(context, a, transposeA ? [s[2], s[0]] : [s[0], s[2]]),
            right = Upload(context, b, transposeB ? [s[1], s[2]] : [s[2], s[1]]), result = Upload(context, c, s[0], s[1]);
        Tensor? workspace = inParts ? context.Workspace(GemmOp.WorkspaceLength(precision, s[0], s[1], s[2])) : null;
        GemmOp.Multiply(context.Stream, left, right, result, transposeA, transposeB, accumulate, workspace);
        return result.ToArray(context.Stream);
    }

    static (double[] Values, double[] Magnitudes) Definition(int[] s, double[] a, double[] b, double[] c, bool transposeA, bool transposeB,
        bool accumulate)
    {
        var sums = new Sums(s[0] * s[1]);
        for (int i = 0; i < s[0]; i++)
        {
            for (int j = 0; j < s[1]; j++)
            {
                if (accumulate)
                    sums.Add(i * s[1] + j, c[i * s[1] + j]);
                for (int k = 0; k < s[2]; k++)
                {
                    sums.Add(i * s[1] + j, (transposeA ? a[k * s[0] + i] : a[i * s[2] + k])
                        * (transposeB ? b[j * s[2] + k] : b[k * s[1] + j]));
                }
            }
        }

        return (sums.Values, sums.Magnitudes);
    }

    static void RequireNear(float[] actual, (double[] Values, double[] Magnitudes) expected, double bound)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Values.Length));
        int worst = Enumerable.Range(0, actual.Length).MaxBy(i => Off(i) / Math.Max(expected.Magnitudes[i], 1e-30));
        double Off(int i) => float.IsNaN(actual[i]) ? double.PositiveInfinity : Math.Abs(actual[i] - expected.Values[i]);
        Assert.That(Off(worst), Is.LessThanOrEqualTo(bound * expected.Magnitudes[worst]),
            $"at {worst}: {actual[worst]} instead of {expected.Values[worst]}");
    }

    sealed class Sums(int length)
    {
        public double[] Values { get; } = new double[length];

        public double[] Magnitudes { get; } = new double[length];

        public void Add(int at, double term)
        {
            Values[at] += term;
            Magnitudes[at] += Math.Abs(term);
        }
    }
}
