using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu;

namespace Dalle2.Tests.Layers;

public class TransposeTests
{
    [TestCase(1, 1)]
    [TestCase(16, 48)]
    [TestCase(17, 31)]
    [TestCase(5, 40)]
    public void Rows_become_columns(int rows, int cols)
    {
        float[] x = [.. Enumerable.Range(0, rows * cols).Select(i => (float)i)];
        foreach (string name in TestDevices.Names)
        {
            using Device device = TestDevices.Open(name);
            using var context = new Context(device);
            Tensor y = context.Allocate(cols, rows);
            TransposeOp.Transpose(context.Stream, context.Upload(x, rows, cols), y);
            Assert.That(y.ToArray(context.Stream), Is.EqualTo(Enumerable.Range(0, rows * cols).Select(i => x[i % rows * cols + i / rows])),
                name);
        }
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using Device device = Device.Open("reference");
        using var context = new Context(device);
        Assert.That(() => TransposeOp.Transpose(context.Stream, context.Zeros(2, 3), context.Zeros(2, 3)),
            Throws.ArgumentException.With.Message.Contains("exchanged"));
    }
}
