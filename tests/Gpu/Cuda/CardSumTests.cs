using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Kernels;
using Dalle2.Ops;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>Sums over many rows, and transposes, as cards run them, through the CUDA device and a driver that interprets PTX: the bits of the device <c>cpu</c>.</summary>
public class CardSumTests
{
    // One chunk of 64 rows short of what a group shares, that, with one to three chunks behind the last four, and more than are copied at once.
    [TestCase(63, 3)]
    [TestCase(64, 8)]
    [TestCase(65, 9)]
    [TestCase(67, 17)]
    [TestCase(259, 2)]
    public void Sums_over_rows_have_the_bits_of_the_processor(int chunks, int cols)
    {
        var driver = new StandInDriver { Capability = 80 };
        using Device cpu = Device.Open("cpu", threads: 1);
        using CudaDevice card = StandInDevice.Open(driver);
        Assert.That(Sums(card, chunks * 64 - 5, cols).Select(BitConverter.SingleToInt32Bits),
            Is.EqualTo(Sums(cpu, chunks * 64 - 5, cols).Select(BitConverter.SingleToInt32Bits)));
        Assert.That(driver.Calls.Count(call => call.Contains("FoldCardKernel")), Is.EqualTo(chunks < 64 ? 0 : 1));
    }

    [TestCase(1, 1, "1x1x1")]
    [TestCase(32, 64, "2x1x1")]
    [TestCase(33, 70, "3x2x1")]
    [TestCase(5, 40, "2x1x1")]
    public void Transposes_go_through_squares_of_32(int rows, int cols, string groups)
    {
        var driver = new StandInDriver { Accesses = new WarpAccesses() };
        using CudaDevice card = StandInDevice.Open(driver);
        using var context = new Context(card);
        float[] x = [.. Enumerable.Range(0, rows * cols).Select(i => (float)i)];
        Tensor y = context.Allocate(cols, rows);
        TransposeOp.Transpose(context.Stream, context.Upload(x, rows, cols), y);
        Assert.That(y.ToArray(context.Stream), Is.EqualTo(Enumerable.Range(0, rows * cols).Select(i => x[i % rows * cols + i / rows])));
        Assert.That(driver.Calls, Has.One.Contains($"SquareKernel {groups} 256x1x1"));
        Assert.That(driver.Accesses!.Shared().Conflicts, Is.Empty);
    }

    static float[] Sums(Device device, int rows, int cols)
    {
        using var context = new Context(device, seed: 3);
        context.BeginStep(1, training: true);
        Tensor dy = context.Upload([.. Argument.Normal("dy", 1, rows, cols).Draw(5).Select(value => (float)value)], rows, cols),
            total = context.Upload([.. Enumerable.Repeat(0.5f, cols)], cols);
        BiasOp.Backward(context.Stream, dy, context.Allocate(BiasOp.PartialRows(rows), cols), total);
        return total.ToArray(context.Stream);
    }
}
