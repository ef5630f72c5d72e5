using Dalle2.Gpu;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Kernels;
using Dalle2.Ops;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>
/// Float32 products and convolutions as cards run them, through the CUDA device and a driver that interprets PTX: the bits of the device <c>cpu</c>, in tiles of every size, and no bank
/// of shared memory that is asked for twice at once.
/// </summary>
[Parallelizable(ParallelScope.Children)]
public class CardProductTests
{
    // One number, less than a tile, a tile, several with rest, a k of several pieces.
    static readonly int[][] Sizes = [[1, 1, 1], [5, 7, 9], [64, 64, 64], [70, 66, 70], [129, 33, 31], [3, 2, 300], [40, 72, 132]];

    static readonly Type[] Convolutions = [typeof(Conv2dCase), typeof(ConvTranspose2dCase)];

    [Test]
    public void Products_have_the_bits_of_the_processor(
        [ValueSource(nameof(Sizes))] int[] s, [Values] bool transposeA, [Values] bool transposeB, [Values] bool accumulate,
        [Values(1, 132)] int multiprocessors)
    {
        using Device cpu = Device.Open("cpu", threads: 1);
        var driver = new StandInDriver { Capability = 80, Multiprocessors = multiprocessors, Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        float[] expected = Multiply(cpu, s, transposeA, transposeB, accumulate),
            actual = Multiply(card, s, transposeA, transposeB, accumulate);
        Assert.That(actual.Select(BitConverter.SingleToInt32Bits), Is.EqualTo(expected.Select(BitConverter.SingleToInt32Bits)));
        Assert.That(driver.Calls, Has.One.Contains("CardKernel"));
        bool isInFours = (s[0] | s[1] | s[2]) % 4 == 0;
        Assert.That(driver.Accesses!.Shared().Conflicts.Where(line => isInFours || !line.Contains("cp.async")), Is.Empty,
            "what a warp asks for at once lies in different banks");
    }

    // 8 parts of 17 pieces, the last with 9 and one of a single k; 9 of 16; on one multiprocessor and on many.
    [Test]
    public void A_long_k_is_summed_in_parts_on_each_device_alike(
        [Values(2049, 2304)] int k, [Values] bool transposeA, [Values] bool transposeB, [Values] bool accumulate,
        [Values(1, 132)] int multiprocessors)
    {
        int[] s = [5, 7, k];
        using Device cpu = Device.Open("cpu", threads: 2), reference = Device.Open("reference");
        var driver = new StandInDriver { Capability = 80, Multiprocessors = multiprocessors };
        using CudaDevice card = StandInDevice.Open(driver);
        float[] whole = Multiply(cpu, s, transposeA, transposeB, accumulate),
            parts = Multiply(cpu, s, transposeA, transposeB, accumulate, inParts: true);
        Assert.That(parts, Is.EqualTo(whole).Within(2e-3).And.Not.EqualTo(whole), "another order");
        foreach (Device device in (Device[])[card, reference])
        {
            Assert.That(Multiply(device, s, transposeA, transposeB, accumulate, inParts: true).Select(BitConverter.SingleToInt32Bits),
                Is.EqualTo(parts.Select(BitConverter.SingleToInt32Bits)), device.Name);
        }

        Assert.That(driver.Calls, Has.One.Contains($"PartsCardKernel 1x1x{(k == 2049 ? 8 : 9)}"));
        Assert.That(driver.Calls, Has.One.Contains("AddPartsKernel"));
    }

    [TestCase(128, 128, 1, "1x1x1 256x1x1")]
    [TestCase(128, 128, 4, "4x1x1 128x1x1")]
    [TestCase(128, 128, 132, "16x1x1 128x1x1")]
    [TestCase(260, 36, 1, "5x1x1 128x1x1")]
    public void Tiles_are_smaller_where_larger_ones_leave_multiprocessors_idle(int rows, int cols, int multiprocessors, string groups)
    {
        var driver = new StandInDriver { Multiprocessors = multiprocessors };
        using CudaDevice card = StandInDevice.Open(driver);
        Multiply(card, [rows, cols, 4], false, false, false);
        Assert.That(driver.Calls, Has.One.Contains($"CardKernel {groups}"));
    }

    [Test]
    public void A_sum_of_negative_zero_stays_one()
    {
        using CudaDevice card = StandInDevice.Open(new StandInDriver());
        using var context = new Context(card, seed: 3);
        context.BeginStep(1, training: true);
        Tensor a = context.Upload([-1e-30f], 1, 1), b = context.Upload([1e-30f], 1, 1), c = context.Upload([-0f], 1, 1);
        GemmOp.Multiply(context.Stream, a, b, c, accumulate: true);
        Assert.That(float.IsNegative(c.ToArray(context.Stream)[0]));
    }

    static IEnumerable<TestCaseData> Cases() =>
        from op in OpCaseRun.All
        where Convolutions.Contains(op.Type)
        select new TestCaseData(op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on a card");

    [TestCaseSource(nameof(Cases))]
    public void Convolutions_have_the_bits_of_the_reference(Type type, int[] s)
    {
        // With one multiprocessor tiles are large; the tests of all ops have four.
        using CudaDevice card = StandInDevice.Open(new StandInDriver { Capability = 80, Multiprocessors = 1 });
        OpCaseRun.RequireEqualBits(card, type, s);
    }

    // Some tiles, or one slice of them, at a time.
    [TestCase("2x16x16x16x16x3x3x1x1x1x1x1x1x0", 20_000)]
    [TestCase("2x16x18x16x32x4x4x2x2x1x1x1x1x0", 40_000)]
    [TestCase("9x32x32x16x16x3x3x1x1x1x1x1x1x0", 2_000_000)]
    public void Filtered_convolutions_go_piece_by_piece_where_memory_is_short(string shape, int bytes)
    {
        int[] s = [.. shape.Split('x').Select(int.Parse)];
        using Device cpu = Device.Open("cpu", threads: 1), other = Device.Open("cpu:256", threads: 1);
        using var ample = new ComparingDevice(cpu, other, TestDevices.Card);
        using var scarce = new ComparingDevice(cpu, other, TestDevices.Card with { HandoverBytes = bytes });
        OpCaseRun.RequireEqualBits(ample, cpu, typeof(Conv2dCase), s);
        OpCaseRun.RequireEqualBits(scarce, cpu, typeof(Conv2dCase), s);
        Assert.That(scarce.Launches, Is.GreaterThan(ample.Launches + 4));
    }

    // Four k at a time and one: the sums in registers, and nothing in local memory. Of eight rows and eight columns of four k 16 loads of 16 bytes, and of one k, where they lie by k, 4.
    [TestCase("Card<Stored,Transposed,LargeFloatTile>", 256, 16)]
    [TestCase("Card<Transposed,Stored,LargeFloatTile>", 256, 16 + 4)]
    [TestCase("Card<Stored,Stored,MediumFloatTile>", 128, 12 + 2)]
    public void Texts_hold_sums_in_registers_and_read_16_bytes_at_a_time(string name, int products, int loads)
    {
        var (_, _, method) = Dalle2.Cli.KernelCatalog.All.Single(kernel => kernel.Op == "Gemm" && kernel.Name == name);
        string text = KernelText.Ptx(method, 80, alignedViews: true);
        int Count(string mnemonic) => text.Split(mnemonic).Length - 1;
        Assert.That(Count("local"), Is.Zero);
        Assert.That(Count("fma.rn.f32"), Is.EqualTo(products + products / 4));
        Assert.That(Count("ld.shared.v4.f32"), Is.EqualTo(loads));
        Assert.That(Count("cp.async.cg.shared.global"), Is.Positive);
    }

    static float[] Multiply(Device device, int[] s, bool transposeA, bool transposeB, bool accumulate, bool inParts = false)
    {
        using var context = new Context(device, seed: 3);
        context.BeginStep(1, training: true);
        Tensor a = context.Upload(Draw("a", s[0] * s[2]), transposeA ? new[] { s[2], s[0] } : [s[0], s[2]]),
            b = context.Upload(Draw("b", s[1] * s[2]), transposeB ? new[] { s[1], s[2] } : [s[2], s[1]]),
            c = context.Upload(Draw("c", s[0] * s[1]), s[0], s[1]);
        Tensor? workspace = inParts ? context.Workspace(GemmOp.WorkspaceLength(device.Precision, s[0], s[1], s[2])) : null;
        GemmOp.Multiply(context.Stream, a, b, c, transposeA, transposeB, accumulate, workspace);
        return c.ToArray(context.Stream);
    }

    static float[] Draw(string name, int count) => [.. Argument.Normal(name, 1, count).Draw(5).Select(value => (float)value)];
}
