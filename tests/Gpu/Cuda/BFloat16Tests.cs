using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Ops;
using Dalle2.Tensors;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>
/// Tensors that are kept in bfloat16, through the CUDA device and a driver that interprets PTX: products of them are those of the definition in double, and whatever goes element by element
/// is what floats give, rounded once.
/// </summary>
[Parallelizable(ParallelScope.Children)]
public class BFloat16Tests
{
    // One piece of k, several; rest in rows, columns and pieces; more than a tile.
    static readonly int[][] Sizes = [[5, 8, 8], [70, 48, 40], [129, 72, 104]];

    [Test]
    public void Numbers_are_rounded_to_nearest_and_halves_to_even()
    {
        using Device device = Device.Open("cpu", 1);
        using var context = new Context(device);
        context.BeginStep(0, training: false);
        float[] values = [1f, -1f, 1f + 1f / 256, 1f + 3f / 256, 1f + 1.01f / 256, 3.3895314e38f, float.NegativeInfinity, 1e-40f];
        Tensor x = context.Upload(values, 1, 8), kept = context.Allocate(x.Shape, ElementType.BFloat16), back = context.Allocate(x.Shape);
        BFloat16Op.Convert(context.Stream, x, kept);
        BFloat16Op.Convert(context.Stream, kept, back);
        float[] rounded = [1f, -1f, 1f, 1f + 4f / 256, 1f + 2f / 256, 3.3895314e38f, float.NegativeInfinity, 9.18354962e-41f];
        Assert.That(kept.ToArray(context.Stream), Is.EqualTo(rounded));
        Assert.That(back.ToArray(context.Stream), Is.EqualTo(rounded));
    }

    [Test]
    public void A_tensor_says_what_it_is_kept_in_and_takes_half_the_memory()
    {
        using Device device = Device.Open("cpu", 1);
        using var context = new Context(device);
        context.BeginStep(0, training: false);
        Tensor kept = context.Allocate(new Shape(6, 4, 8), ElementType.BFloat16);
        Assert.That(kept.WordView.Length, Is.EqualTo(6 * 4 * 8 / 2));
        Assert.That(kept.Slice(2, 3).WordView.Length, Is.EqualTo(3 * 4 * 8 / 2));
        Assert.That(kept.Reshape(24, 8).Type, Is.EqualTo(ElementType.BFloat16));
        Assert.That(context.Arena.BytesOf(ElementType.BFloat16), Is.EqualTo(6 * 4 * 8 * 2));
        Assert.That(() => kept.View, Throws.InvalidOperationException.With.Message.Contains("[6, 4, 8] is kept in BFloat16"));
        Assert.That(() => context.Allocate(new Shape(4, 12), ElementType.BFloat16),
            Throws.ArgumentException.With.Message.Contains("multiple of 8"));
        Assert.That(() => GemmOp.Multiply(context.Stream, kept.Reshape(24, 8), context.Zeros(8, 8), context.Zeros(24, 8)),
            Throws.ArgumentException.With.Message.Contains("precision bf16 alone"));
    }

    [Test]
    public void Products_are_those_of_the_definition([ValueSource(nameof(Sizes))] int[] s, [Values] bool transposeB, [Values] bool isLarge,
        [Values] bool rounds)
    {
        double[] a = Draw("a", s[0] * s[2]), b = Draw("b", s[1] * s[2]);
        using var card = new Card(isLarge ? 1 : 132);
        Context context = card.Context;
        Tensor left = card.Kept(a, s[0], s[2]), right = card.Upload(b, transposeB ? [s[1], s[2]] : [s[2], s[1]]),
            result = context.Allocate(new Shape(s[0], s[1]), rounds ? ElementType.BFloat16 : ElementType.Float32),
            workspace = context.Workspace(GemmOp.WorkspaceLength(Precision.Bf16, s[0], s[1], s[2], left.Type));
        GemmOp.Multiply(context.Stream, left, right, result, transposeB: transposeB, workspace: workspace);
        var sums = new Sums(s[0] * s[1]);
        sums.Add(s[0], s[1], s[2], (i, k) => a[i * s[2] + k], (k, j) => transposeB ? b[j * s[2] + k] : b[k * s[1] + j]);
        sums.RequireNear(result.ToArray(context.Stream), s[2], rounds);
        card.RequireNoConflicts();
    }

    [TestCase(64, 64, 7)]
    [TestCase(72, 40, 33)]
    [TestCase(136, 8, 100)]
    public void Gradients_of_weights_are_those_of_the_definition(int m, int n, int k)
    {
        double[] a = Draw("a", k * m), b = Draw("b", k * n), c = Draw("c", m * n);
        using var card = new Card(132);
        Tensor left = card.Kept(a, k, m), right = card.Kept(b, k, n), result = card.Upload(c, m, n);
        GemmOp.Multiply(card.Context.Stream, left, right, result, transposeA: true, accumulate: true);
        var sums = new Sums(m * n);
        sums.Add(m, n, k, (i, p) => a[p * m + i], (p, j) => b[p * n + j]);
        sums.Add(m, n, 1, (i, _) => 1, (_, j) => 0, (i, j) => c[i * n + j]);
        sums.RequireNear(result.ToArray(card.Context.Stream), k + 1, false);
        card.RequireNoConflicts();
    }

    [Test]
    public void A_long_k_is_summed_in_parts([Values] bool rounds)
    {
        const int m = 40, n = 48, k = 1536;
        double[] a = Draw("a", m * k), b = Draw("b", n * k);
        using var card = new Card(132);
        Context context = card.Context;
        Tensor left = card.Kept(a, m, k), right = card.Upload(b, k, n),
            result = context.Allocate(new Shape(m, n), rounds ? ElementType.BFloat16 : ElementType.Float32),
            workspace = context.Workspace(GemmOp.WorkspaceLength(Precision.Bf16, m, n, k, left.Type));
        GemmOp.Multiply(context.Stream, left, right, result, workspace: workspace);
        Assert.That(card.Calls, Has.One.Contains("MatrixKernel 3x1x1"));
        var sums = new Sums(m * n);
        sums.Add(m, n, k, (i, p) => a[i * k + p], (p, j) => b[p * n + j]);
        sums.RequireNear(result.ToArray(context.Stream), k, rounds);
        Tensor gradient = context.Zeros(m, n), turned = card.Kept(a, k, m), other = card.Kept(b, k, n);
        GemmOp.Multiply(context.Stream, turned, other, gradient, transposeA: true, accumulate: true,
            workspace: context.Workspace(GemmOp.WorkspaceLength(Precision.Bf16, m, n, k)));
        Assert.That(card.Calls, Has.One.Contains("PairedMatrixKernel 6x1x1"));
        sums = new Sums(m * n);
        sums.Add(m, n, k, (i, p) => a[p * m + i], (p, j) => b[p * n + j]);
        sums.RequireNear(gradient.ToArray(context.Stream), k, false);
    }

    // 3 x 3 with stride 1, 4 x 4 with stride 2, one tap, dilation; the input gradient of few channels goes through a product of its own.
    [TestCase(7, 24, 40, 3, 1, 1)]
    [TestCase(8, 40, 16, 4, 2, 1)]
    [TestCase(5, 16, 24, 1, 1, 1)]
    [TestCase(9, 8, 72, 3, 1, 2)]
    public void Convolutions_are_those_of_the_definition(int side, int channels, int outputs, int taps, int stride, int dilation)
    {
        using var card = new Card(4);
        Context context = card.Context;
        int padding = taps == 1 ? 0 : dilation;
        var window = new ConvolutionWindow((taps, taps), (stride, stride), (padding, padding), (dilation, dilation));
        int outSide = window.OutputSize((side, side)).Height;
        double[] x = Draw("x", side * side * channels), w = Draw("w", taps * taps * channels * outputs),
            dy = Draw("dy", outSide * outSide * outputs);
        var (y, dx, dw) = (new Sums(dy.Length), new Sums(x.Length), new Sums(w.Length));
        for (int pixel = 0; pixel < outSide * outSide; pixel++)
        {
            for (int tap = 0; tap < taps * taps; tap++)
            {
                int iy = pixel / outSide * stride - padding + tap / taps * dilation,
                    ix = pixel % outSide * stride - padding + tap % taps * dilation;
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

        Tensor image = card.Kept(x, 1, side, side, channels), weights = card.Upload(w, taps, taps, channels, outputs),
            gradient = card.Kept(dy, 1, outSide, outSide, outputs), weightGradient = context.Zeros(taps, taps, channels, outputs),
            workspace = context.Workspace(Conv2dOp.WorkspaceLength(
                card.Context.Device, image.Shape, weights.Shape, gradient.Shape, window, image.Type, gradient.Type));
        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            bool rounds = type == ElementType.BFloat16;
            Tensor result = context.Allocate(gradient.Shape, type), imageGradient = context.Allocate(image.Shape, type);
            Conv2dOp.Forward(context.Stream, image, weights, result, window, workspace);
            y.RequireNear(result.ToArray(context.Stream), taps * taps * channels, rounds);
            Conv2dOp.InputGradient(context.Stream, gradient, weights, imageGradient, window, context.Workspace(Conv2dOp.WorkspaceLength(
                card.Context.Device, image.Shape, weights.Shape, gradient.Shape, window, type, gradient.Type)));
            dx.RequireNear(imageGradient.ToArray(context.Stream), taps * taps * outputs, rounds);
        }

        Conv2dOp.WeightGradient(context.Stream, image, gradient, weightGradient, window, workspace);
        dw.RequireNear(weightGradient.ToArray(context.Stream), outSide * outSide, false);
        card.RequireNoConflicts();
    }

    // A picture's three channels, and a map in floats before a convolution that gives bfloat16.
    [Test]
    public void A_convolution_of_floats_gives_its_sums_rounded_once([Values(3, 12)] int channels)
    {
        using var card = new Card(132);
        Context context = card.Context;
        var window = new ConvolutionWindow((4, 4), (2, 2), (1, 1), (1, 1));
        Tensor x = card.Upload(Draw("x", 8 * 8 * channels), 1, 8, 8, channels), w = card.Upload(Draw("w", 16 * channels * 16), 4, 4,
            channels, 16), floats = context.Allocate(1, 4, 4, 16), kept = context.Allocate(floats.Shape, ElementType.BFloat16);
        foreach (Tensor y in new[] { floats, kept })
        {
            Conv2dOp.Forward(context.Stream, x, w, y, window, context.Workspace(
                Conv2dOp.WorkspaceLength(context.Device, x.Shape, w.Shape, y.Shape, window, x.Type, y.Type)));
        }

        Assert.That(kept.ToArray(context.Stream), Is.EqualTo(Rounded(floats.ToArray(context.Stream))));
    }

    [Test]
    public void Activations_are_those_of_floats_rounded_once([Values] ActivationKind kind, [Values] bool isInputKept,
        [Values] bool isOutputKept)
    {
        using var card = new Card(132);
        Context context = card.Context;
        Dalle2.Gpu.Runtime.Stream stream = context.Stream;
        Shape shape = new(37, 24);
        ElementType input = isInputKept ? ElementType.BFloat16 : ElementType.Float32,
            output = isOutputKept ? ElementType.BFloat16 : ElementType.Float32;
        Tensor x = card.Upload(Draw("x", shape.Length), 37, 24), dy = card.Upload(Draw("dy", shape.Length), 37, 24), bias = card.Upload(
            Draw("bias", 24), 24), y = context.Allocate(shape), dx = context.Allocate(shape);
        Tensor keptX = card.As(x, input), keptDy = card.As(dy, output), keptY = context.Allocate(shape, output),
            keptDx = context.Allocate(shape, input);
        ActivationOp.Forward(stream, kind, x, y, 0.1f);
        ActivationOp.Forward(stream, kind, keptX, keptY, 0.1f);
        Assert.That(keptY.ToArray(stream), Is.EqualTo(RoundedTo(output, y.ToArray(stream))));
        bool keepsOutput = ActivationOp.KeepsOutput(kind);
        ActivationOp.Backward(stream, kind, keepsOutput ? card.As(keptY, ElementType.Float32) : x, dy, dx, 0.1f);
        ActivationOp.Backward(stream, kind, keepsOutput ? keptY : keptX, keptDy, keptDx, 0.1f);
        Assert.That(keptDx.ToArray(stream), Is.EqualTo(RoundedTo(input, dx.ToArray(stream))));

        // With a bias: in one type, in the sum's place or behind it.
        if (input != output)
            return;
        Tensor sum = card.As(x, ElementType.Float32), own = keepsOutput ? keptX : keptY;
        BiasOp.AddInPlace(stream, sum, bias);
        ActivationOp.Forward(stream, kind, sum, y, 0.1f);
        BiasOp.Activate(stream, kind, keptX, bias, own, 0.1f);
        Assert.That(own.ToArray(stream), Is.EqualTo(RoundedTo(output, y.ToArray(stream))));
        Tensor partial = context.Allocate(BiasOp.PartialRows(37), 24), dbias = context.Zeros(24), expected = context.Zeros(24);
        Tensor kept = keepsOutput ? own : keptX;
        BiasOp.Backward(stream, kind, kept, keptDy, keptDx, partial, dbias, 0.1f);
        BiasOp.Backward(stream, card.As(keptDx, ElementType.Float32), partial, expected);
        Assert.That(dbias.ToArray(stream), Is.EqualTo(expected.ToArray(stream)));
        ActivationOp.Backward(stream, kind, card.As(kept, ElementType.Float32), dy, dx, 0.1f);
        Assert.That(keptDx.ToArray(stream), Is.EqualTo(RoundedTo(input, dx.ToArray(stream))));
    }

    [Test]
    public void Modulation_is_that_of_floats_rounded_once([Values] bool isInputKept, [Values] bool isOutputKept)
    {
        using var card = new Card(132);
        Context context = card.Context;
        Dalle2.Gpu.Runtime.Stream stream = context.Stream;
        Shape shape = new(2, 9, 10, 16);
        ElementType input = isInputKept ? ElementType.BFloat16 : ElementType.Float32,
            output = isOutputKept ? ElementType.BFloat16 : ElementType.Float32;
        Tensor x = card.Upload(Draw("x", shape.Length), 2, 9, 10, 16), dy = card.Upload(Draw("dy", shape.Length), 2, 9, 10, 16),
            modulation = card.Upload(Draw("modulation", 64), 2, 32), y = context.Allocate(shape), dx = context.Allocate(shape),
            dmodulation = context.Allocate(2, 32), keptY = context.Allocate(shape, output), keptDx = context.Allocate(shape, input),
            keptDmodulation = context.Allocate(2, 32), keptX = card.As(x, input), keptDy = card.As(dy, output);
        ChannelModulationOp.Forward(stream, x, modulation, y);
        ChannelModulationOp.Forward(stream, keptX, modulation, keptY);
        ChannelModulationOp.Backward(stream, x, modulation, dy, dx, dmodulation);
        ChannelModulationOp.Backward(stream, keptX, modulation, keptDy, keptDx, keptDmodulation);
        Assert.That(keptY.ToArray(stream), Is.EqualTo(RoundedTo(output, y.ToArray(stream))));
        Assert.That(keptDx.ToArray(stream), Is.EqualTo(RoundedTo(input, dx.ToArray(stream))));
        Assert.That(keptDmodulation.ToArray(stream), Is.EqualTo(dmodulation.ToArray(stream)));
    }

    // Of functions without a kink, where a rounded sum would have another derivative. Its gradients are those of floats, but for what rounding loses; what lies between its layers takes half the memory.
    [Test]
    public void A_chain_of_layers_keeps_what_lies_between_them_in_bfloat16(
        [Values(ActivationKind.Tanh, ActivationKind.SiLU)] ActivationKind kind)
    {
        var (exact, _) = Chain(Precision.Float32, kind);
        var (rounded, bytes) = Chain(Precision.Bf16, kind);
        // Three outputs of convolutions, and where the sum is kept beside them three of it; in training and their gradients.
        Assert.That(bytes, Is.GreaterThanOrEqualTo(2 * 2 * (8 * 8 * 16 + 4 * 4 * 24 + 8 * 8 * 16) * 2));
        Assert.That(rounded[0], Is.Not.EqualTo(exact[0]));
        for (int tensor = 0; tensor < exact.Length; tensor++)
        {
            double norm = Norm(exact[tensor]), off = Norm([.. exact[tensor].Zip(rounded[tensor], (one, two) => one - two)]);
            Assert.That(off, Is.LessThan(0.03 * norm), $"tensor {tensor}");
        }

        static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
    }

    static (float[][] Tensors, long Bytes) Chain(Precision precision, ActivationKind kind)
    {
        var chain = new Sequential(
            ("first", new Conv2d(3, 16, kernel: 4, stride: 2, padding: 1, activation: kind)),
            ("second", new Conv2d(16, 24, kernel: 4, stride: 2, padding: 1, activation: kind)),
            ("third", new ConvTranspose2d(24, 16, kernel: 4, stride: 2, padding: 1, activation: kind)),
            ("mixed", new Linear(16, 16, activation: kind)),
            ("fourth", new ConvTranspose2d(16, 3, kernel: 4, stride: 2, padding: 1)));
        using CudaDevice device = StandInDevice.Open(new StandInDriver { Capability = 80 });
        device.Precision = precision;
        using var context = new Context(device, seed: 3);
        using var parameters = new ParameterStore(device, "chain", chain, seed: 5);
        context.BeginStep(1, training: true);
        Tensor x = context.Allocate(2, 16, 16, 3), dy = context.Allocate(2, 16, 16, 3);
        RandomOp.Normal(device.Stream, x, context.Key("x"));
        RandomOp.Normal(device.Stream, dy, context.Key("dy"));
        Tensor y = chain.Forward(context, x), dx = chain.Backward(context, dy);
        float[][] tensors =
            [y.ToArray(device.Stream), dx.ToArray(device.Stream), .. parameters.Parameters.Select(p => p.Gradient.ToArray(device.Stream))];
        return (tensors, context.Arena.BytesOf(ElementType.BFloat16));
    }

    static double[] Draw(string name, int length) =>
        [.. Argument.Normal(name, 1, length).Draw(5).Select(value => Rounding.Round(Precision.Bf16, value))];

    static float[] Rounded(float[] values) => [.. values.Select(value => (float)Rounding.Round(Precision.Bf16, value))];

    static float[] RoundedTo(ElementType type, float[] values) => type == ElementType.Float32 ? values : Rounded(values);

    // A card of so many multiprocessors, which multiplies in bfloat16.
    sealed class Card : IDisposable
    {
        readonly StandInDriver driver;
        readonly CudaDevice device;

        public Card(int multiprocessors)
        {
            driver = new StandInDriver { Capability = 80, Multiprocessors = multiprocessors, Accesses = new WarpAccesses() };
            device = StandInDevice.Open(driver);
            device.Precision = Precision.Bf16;
            Context = new Context(device, seed: 3);
            Context.BeginStep(1, training: true);
        }

        public Context Context { get; }

        public IEnumerable<string> Calls => driver.Calls;

        public Tensor Upload(double[] values, params int[] extents) => Context.Upload([.. values.Select(value => (float)value)], extents);

        public Tensor Kept(double[] values, params int[] extents) => As(Upload(values, extents), ElementType.BFloat16);

        public Tensor As(Tensor tensor, ElementType type)
        {
            Tensor converted = Context.Allocate(tensor.Shape, type);
            BFloat16Op.Convert(Context.Stream, tensor, converted);
            return converted;
        }

        public void RequireNoConflicts()
        {
            var (accesses, conflicts) = driver.Accesses!.Shared();
            Assert.That(accesses, Is.Positive);
            Assert.That(conflicts, Is.Empty, "what a warp asks for at once lies in different banks");
        }

        public void Dispose()
        {
            Context.Dispose();
            device.Dispose();
        }
    }

    sealed class Sums(int length)
    {
        readonly double[] values = new double[length], magnitudes = new double[length];

        public void Add(int at, double term)
        {
            values[at] += term;
            magnitudes[at] += Math.Abs(term);
        }

        public void Add(int rows, int cols, int depth, Func<int, int, double> left, Func<int, int, double> right,
            Func<int, int, double>? more = null)
        {
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < cols; j++)
                {
                    for (int k = 0; k < depth; k++)
                        Add(i * cols + j, left(i, k) * right(k, j));
                    Add(i * cols + j, more?.Invoke(i, j) ?? 0);
                }
            }
        }

        // Off by what a sum of so many terms in floats may be, and where it is rounded by half a unit of it.
        public void RequireNear(float[] actual, int terms, bool rounds)
        {
            Assert.That(actual, Has.Length.EqualTo(values.Length));
            for (int i = 0; i < actual.Length; i++)
            {
                double bound = Rounding.SumBound(terms) * magnitudes[i] + (rounds ? Math.ScaleB(Math.Abs(values[i]), -8) * 1.01 : 0);
                Assert.That(Math.Abs(actual[i] - values[i]), Is.LessThanOrEqualTo(bound), $"at {i}: {actual[i]} instead of {values[i]}");
            }
        }
    }
}
