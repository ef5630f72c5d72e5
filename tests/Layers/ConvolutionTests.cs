using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Tests.Layers;

public class ConvolutionTests
{
    [Test]
    public void Output_size_counts_the_windows_that_fit()
    {
        foreach (var (input, kernel, stride, padding, dilation) in Windows())
        {
            var window = new ConvolutionWindow((kernel, 1), (stride, 1), (padding, 0), (dilation, 1));
            int fitting = 0;
            for (int first = -padding; first + dilation * (kernel - 1) < input + padding; first += stride)
                fitting++;
            string what = $"input {input}, kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation}";
            if (fitting == 0)
            {
                Assert.That(() => window.OutputSize((input, 1)),
                    Throws.ArgumentException.With.Message.Contains("does not fit into an image"), what);
            }
            else
            {
                Assert.That(window.OutputSize((input, 5)), Is.EqualTo(new Size2d(fitting, 5)), what);
            }
        }
    }

    [Test]
    public void Transposed_sizes_are_those_that_a_convolution_takes_back()
    {
        foreach (var (output, kernel, stride, padding, dilation) in Windows())
        {
            var window = new ConvolutionWindow((1, kernel), (1, stride), (0, padding), (1, dilation));
            int[] inputs = [.. Enumerable.Range(1, 80)
                .Where(size => size + 2 * padding > dilation * (kernel - 1) && window.OutputSize((1, size)).Width == output)];
            for (int outputPadding = 0; outputPadding < stride; outputPadding++)
            {
                int size = (output - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + outputPadding;
                Size2d extra = (0, outputPadding);
                if (size < 1)
                {
                    Assert.That(() => window.TransposedSize((1, output), extra),
                        Throws.ArgumentException.With.Message.Contains("has no output"));
                }
                else
                {
                    Assert.That(inputs, Does.Contain(window.TransposedSize((1, output), extra).Width));
                }
            }
        }
    }

    [TestCase(0, 1, 0, 1, "kernel")]
    [TestCase(3, 0, 0, 1, "stride")]
    [TestCase(3, 1, -1, 1, "padding")]
    [TestCase(3, 1, 0, 0, "dilation")]
    public void Impossible_windows_are_refused(int kernel, int stride, int padding, int dilation, string named)
    {
        var window = new ConvolutionWindow((2, kernel), (1, stride), (0, padding), (1, dilation));
        Assert.That(() => window.OutputSize((9, 9)), Throws.ArgumentException.With.Message.Contains(named));
        Assert.That(() => window.TransposedSize((9, 9), 0), Throws.ArgumentException.With.Message.Contains(named));
    }

    [Test]
    public void Output_padding_must_be_below_the_stride()
    {
        var window = new ConvolutionWindow(3, 2, 1, 1);
        Assert.That(() => window.TransposedSize((4, 4), 2), Throws.ArgumentException.With.Message.Contains("output padding"));
        Assert.That(() => window.TransposedSize((4, 4), -1), Throws.ArgumentException.With.Message.Contains("output padding"));
    }

    [Test]
    public void Tensors_that_do_not_fit_are_refused()
    {
        using Device device = Device.Open("reference", 0);
        using var context = new Context(device);
        var window = new ConvolutionWindow(3, 1, 1, 1);
        Tensor x = context.Zeros(1, 5, 5, 2), w = context.Zeros(3, 3, 2, 4), y = context.Zeros(1, 5, 5, 4);
        Assert.That(() => Conv2dOp.Forward(context.Stream, context.Zeros(5, 5, 2), w, y, window, y),
            Throws.ArgumentException.With.Message.Contains("[5, 5, 2]"));
        Assert.That(() => Conv2dOp.Forward(context.Stream, x, context.Zeros(3, 3, 3, 4), y, window, y),
            Throws.ArgumentException.With.Message.Contains("[3, 3, 3, 4]"));
        Assert.That(() => Conv2dOp.Forward(context.Stream, x, context.Zeros(3, 2, 2, 4), y, window, y),
            Throws.ArgumentException.With.Message.Contains("3x3"));
        Assert.That(() => Conv2dOp.InputGradient(context.Stream, context.Zeros(1, 5, 4, 4), w, x, window, y),
            Throws.ArgumentException.With.Message.Contains("[1, 5, 4, 4]"));
        Assert.That(() => Conv2dOp.WeightGradient(context.Stream, context.Zeros(2, 5, 5, 2), y, w, window, y),
            Throws.ArgumentException.With.Message.Contains("[2, 5, 5, 4]"));
    }

    [TestCase("reference", 1, 0)]
    [TestCase("reference", 2, 1)]
    [TestCase("reference", 3, 2)]
    [TestCase("cpu", 1, 0)]
    [TestCase("cpu", 2, 0)]
    [TestCase("cpu", 3, 1)]
    public void The_transposed_convolution_is_the_adjoint(string deviceName, int stride, int outputPadding)
    {
        using Device device = Device.Open(deviceName, deviceName == "cpu" ? 2 : 0);
        using var context = new Context(device);
        var down = new Conv2d(3, 6, kernel: 4, stride, padding: 1, withBias: false);
        var up = new ConvTranspose2d(6, 3, kernel: 4, stride, padding: 1, outputPadding, withBias: false);
        using var downStore = new ParameterStore(device, "down", down, seed: 5);
        using var upStore = new ParameterStore(device, "up", up, seed: 6);
        context.Stream.Copy(down.Parameters[0].Value.View, up.Parameters[0].Value.View);

        Tensor y = context.Allocate(2, 5, 4, 6);
        RandomOp.Normal(context.Stream, y, RandomKey.Named(1, 0, "y"));
        Tensor back = up.Forward(context, y);
        Tensor x = context.Allocate(back.Shape);
        RandomOp.Normal(context.Stream, x, RandomKey.Named(1, 0, "x"));
        Tensor there = down.Forward(context, x);

        Assert.That(there.Shape, Is.EqualTo(y.Shape));
        double left = Dot(there.ToArray(context.Stream), y.ToArray(context.Stream)),
            right = Dot(x.ToArray(context.Stream), back.ToArray(context.Stream));
        Assert.That(left, Is.EqualTo(right).Within(1e-4));
        Assert.That(Math.Abs(left), Is.GreaterThan(1e-2));
    }

    [Test]
    public void Threads_do_not_change_a_bit()
    {
        Assert.That(Run(1), Is.EqualTo(Run(2)).AsCollection);

        static float[] Run(int threads)
        {
            using Device device = Device.Open("cpu", threads);
            using var context = new Context(device);
            var layer = new Conv2d(5, 7, kernel: 3, stride: 2, padding: 1);
            using var store = new ParameterStore(device, "layer", layer, seed: 1);
            context.BeginStep(0, training: true);
            Tensor x = context.Allocate(3, 9, 11, 5);
            RandomOp.Normal(context.Stream, x, RandomKey.Named(1, 0, "x"));
            Tensor y = layer.Forward(context, x);
            Tensor dx = layer.Backward(context, y);
            return [.. y.ToArray(context.Stream), .. dx.ToArray(context.Stream), .. layer.Parameters[0].Gradient.ToArray(context.Stream)];
        }
    }

    static IEnumerable<(int Size, int Kernel, int Stride, int Padding, int Dilation)> Windows() =>
        from size in new[] { 1, 2, 3, 4, 7, 12 }
        from kernel in new[] { 1, 2, 3, 4, 5 }
        from stride in new[] { 1, 2, 3, 5 }
        from padding in new[] { 0, 1, 2, 4 }
        from dilation in new[] { 1, 2, 3 }
        select (size, kernel, stride, padding, dilation);

    static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
