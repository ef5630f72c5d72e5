using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Kernels;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Cuda;

namespace Dalle2.Tests.Gpu.Ptx;

/// <summary>What the interpreter counts of memory, against what can be counted by hand; and that the kernels which move most ask for it in whole sectors.</summary>
public class WarpAccessesTests
{
    // Two groups of two warps: four requests, each of 32 neighboring words, which are four sectors.
    [TestCase(1, 0, 64, 4, 16, 16, 0)]
    // Every other word: twice the sectors.
    [TestCase(2, 0, 64, 4, 32, 16, 0)]
    // A sector for each word.
    [TestCase(8, 0, 64, 4, 128, 16, 0)]
    // All lanes the same word.
    [TestCase(0, 0, 64, 4, 4, 4, 0)]
    // Off by a word: one sector more.
    [TestCase(1, 1, 64, 4, 20, 16, 0)]
    // Half a warp: half the lanes wait.
    [TestCase(1, 0, 16, 2, 4, 4, 32)]
    public void Sectors_and_idle_lanes_are_those_counted_by_hand(
        int step, int offset, int threads, int requests, int sectors, int fewest, int idle)
    {
        var driver = new StandInDriver { Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        using Buffer<float> x = card.Allocate<float>(2048), y = card.Allocate<float>(128);
        card.Stream.Launch(ReadKernel, new KernelConfig(2, threads), x.View, y.View, step, offset);
        card.Stream.Synchronize();
        WarpAccesses.GlobalLine read = driver.Accesses.Global().Single(line => line.Text.StartsWith("ld"));
        Assert.That((read.Requests, read.Sectors, read.Fewest, read.IdleLanes), Is.EqualTo((requests, sectors, fewest, idle)));
    }

    [Test]
    public void Lanes_that_take_another_way_are_idle()
    {
        var driver = new StandInDriver { Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        using Buffer<float> x = card.Allocate<float>(64), y = card.Allocate<float>(64);
        card.Stream.Launch(FewKernel, new KernelConfig(1, 64), x.View, y.View);
        card.Stream.Synchronize();
        Assert.That(driver.Accesses.Global().Select(line => (line.Requests, line.Sectors, line.IdleLanes)), Is.All.EqualTo((2, 2, 2 * 24)));
    }

    [Test]
    public void Products_read_and_write_whole_sectors(
        [Values] bool transposeA, [Values] bool transposeB, [Values(1, 132)] int multiprocessors)
    {
        var driver = new StandInDriver { Capability = 80, Multiprocessors = multiprocessors, Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        using var context = new Context(card);
        context.BeginStep(0, training: true);
        Tensor a = transposeA ? context.Zeros(32, 128) : context.Zeros(128, 32);
        Tensor b = transposeB ? context.Zeros(128, 32) : context.Zeros(32, 128);
        GemmOp.Multiply(card.Stream, a, b, context.Allocate(128, 128), transposeA, transposeB);
        card.Stream.Synchronize();
        IReadOnlyList<WarpAccesses.GlobalLine> lines = driver.Accesses.Global();
        Assert.That(lines, Is.Not.Empty);
        Assert.That(lines.Where(line => line.Sectors > line.Fewest || line.IdleLanes > 0), Is.Empty);
    }

    static void ReadKernel(ArrayView<float> x, ArrayView<float> y, int step, int offset) =>
        y[Grid.GlobalLinearIndex] = x[Grid.GlobalLinearIndex * step + offset];

    static void FewKernel(ArrayView<float> x, ArrayView<float> y)
    {
        if (Group.IdxX % 32 < 8)
            y[Group.IdxX] = x[Group.IdxX] + 1f;
    }
}
