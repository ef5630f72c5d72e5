using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>
/// What the networks add to their parameters' gradients is the slope of their output in those: of <c>sum of y g</c>, along a random direction of each parameter alone, against a central difference.
/// Parameters are drawn anew, so that nothing that starts at zero hides a path.
/// </summary>
public class UnclipGradientTests
{
    const int Batch = 2;

    [Test]
    public void Of_the_residual_encoder()
    {
        var encoder = new ResidualEncoder(8, [4, 8]);
        Check(encoder, (context, inputs) => encoder.Forward(context, inputs[0]), encoder.BackwardToParameters, [Batch, 8, 8, 3]);
    }

    [Test]
    public void Of_a_block_with_and_without_condition([Values(0, 6)] int conditions, [Values(4, 8)] int outputs)
    {
        var block = new ResidualBlock(4, outputs, conditions);
        Check(
            block, (context, inputs) => block.Forward(context, inputs[0], conditions == 0 ? null : inputs[1]),
            (context, dy) => block.Backward(context, dy), [Batch, 4, 4, 4], [Batch, 6]);
    }

    [Test]
    public void Of_the_transformer()
    {
        var encoder = new TransformerTextEncoder(vocabulary: 7, words: 5, features: 8, layers: 2, heads: 2);
        int[] tokens = [3, 1, 6, 0, 2, 5, 4, 1];
        Check(
            encoder, (context, _) => encoder.Forward(
                context, TokenBatch.Of(context, tokens, true, Batch, 4), context.Upload([3, 4], Batch)), encoder.Backward);
    }

    [Test]
    public void Of_the_prior()
    {
        var prior = new PriorPerceptron(5, 8, 2);
        Check(
            prior, (context, inputs) => prior.Forward(context, inputs[0], new PriorCondition(inputs[1], null), inputs[2]), prior.Backward,
            [Batch, 5], [Batch, 5], [Batch]);
    }

    [Test]
    public void Of_the_transformer_prior()
    {
        var prior = new PriorTransformer(embedding: 5, words: 3, wordFeatures: 4, width: 8, blocks: 2, heads: 2);
        Check(
            prior, (context, inputs) => prior.Forward(context, inputs[0], new PriorCondition(inputs[1], inputs[3]), inputs[2]),
            prior.Backward, [Batch, 5], [Batch, 5], [Batch], [Batch, 3, 4]);
    }

    // As many places as there are, and fewer.
    [TestCase(4)]
    [TestCase(3)]
    public void Of_the_autoregressive_prior(int places)
    {
        var prior = new CodePriorNetwork(embedding: 5, components: 4, buckets: 4, width: 8, blocks: 2, heads: 2);
        int[] before = [0, 1, 4, 3, 0, 2, 2, 4];
        Check(
            prior, (context, inputs) => prior.Forward(
                context, inputs[0], TokenBatch.Of(context, [.. before.Where((_, i) => i % 4 < places)], true, Batch, places)),
            prior.Backward, [Batch, 5]);
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Of_the_U_Net(int levels)
    {
        var net = new UNet(new UNetSizes
        {
            Channels = [.. ((int[])[4, 6]).Take(levels)],
            Blocks = 2,
            Conditions = 6,
            Global = new(Side: 8, Embedding: 5, Heads: 2),
        });
        Check(net, (context, inputs) => net.Forward(context, inputs[0], inputs[1], inputs[2]), net.Backward, [Batch, 8, 8, 3], [Batch, 5],
            [Batch]);
    }

    [Test]
    public void Of_a_local_U_Net()
    {
        var net = new UNet(new UNetSizes { Inputs = 6, Channels = [4, 6], Blocks = 1, Conditions = 6 });
        Check(net, (context, inputs) => net.Forward(context, inputs[0], null, inputs[1]), net.Backward, [Batch, 8, 4, 6], [Batch]);
    }

    [Test]
    public void The_gradient_of_a_block_s_input_and_condition_is_that_of_its_output()
    {
        var block = new ResidualBlock(4, 8, 6);
        using var run = new Run(block);
        Tensor x = run.Draw("x", Batch, 4, 4, 4), condition = run.Draw("condition", Batch, 6);
        run.Begin(training: true);
        Tensor y = block.Forward(run.Context, run.Again(x), run.Again(condition));
        Tensor g = run.Draw("g", y.Shape.ToArray());
        (Tensor dx, Tensor? dcondition) = block.Backward(run.Context, run.Again(g));
        float[] ofX = dx.ToArray(run.Context.Stream), ofCondition = dcondition!.ToArray(run.Context.Stream);
        foreach (var (input, gradient) in new[] { (x, ofX), (condition, ofCondition) })
        {
            float[] direction = run.Draw("direction", input.Length).ToArray(run.Context.Stream), values = input.ToArray(run.Context.Stream);
            double Value(float step)
            {
                input.Write(run.Context.Stream, [.. values.Zip(direction, (value, along) => value + step * along)]);
                run.Begin(training: false);
                return run.Dot(block.Forward(run.Context, run.Again(x), run.Again(condition)), g);
            }

            double slope = (Value(Run.Step) - Value(-Run.Step)) / (2 * Run.Step),
                expected = gradient.Zip(direction, (a, b) => (double)a * b).Sum();
            Value(0);
            Assert.That(slope, Is.EqualTo(expected).Within(0.02 * Math.Max(1, Math.Abs(expected))));
        }
    }

    /// <summary>Random values of a size that keeps what goes through the parameter about as large as it was.</summary>
    internal static void DrawAnew(Device device, Parameter parameter)
    {
        RandomOp.Normal(device.Stream, parameter.Value, RandomKey.Named(7, 0, parameter.Name));
        float factor = parameter.Shape.Rank < 2 ? 0.5f : MathF.Sqrt(2f / (parameter.Shape.Length / parameter.Shape[-1]));
        parameter.Value.Write(device.Stream, [.. parameter.Value.ToArray(device.Stream).Select(value => factor * value)]);
    }

    static void Check(Layer layer, Func<Context, Tensor[], Tensor> forward, Action<Context, Tensor> backward, params int[][] shapes)
    {
        using var run = new Run(layer);
        Tensor[] inputs = [.. shapes.Select((shape, i) => run.Draw($"input{i}", shape))];
        run.Begin(training: true);
        Tensor y = forward(run.Context, [.. inputs.Select(run.Again)]), g = run.Draw("g", y.Shape.ToArray());
        backward(run.Context, run.Again(g));
        foreach (Parameter parameter in run.Store.Parameters.Where(parameter => parameter.Trainable))
        {
            float[] values = parameter.Value.ToArray(run.Context.Stream), gradient = parameter.Gradient.ToArray(run.Context.Stream),
                direction = run.Draw(parameter.Name, parameter.Value.Length).ToArray(run.Context.Stream);
            double Value(float step)
            {
                parameter.Value.Write(run.Context.Stream, [.. values.Zip(direction, (value, along) => value + step * along)]);
                run.Begin(training: false);
                return run.Dot(forward(run.Context, [.. inputs.Select(run.Again)]), g);
            }

            double slope = (Value(Run.Step) - Value(-Run.Step)) / (2 * Run.Step),
                expected = gradient.Zip(direction, (a, b) => (double)a * b).Sum();
            Value(0);
            double norm = Math.Sqrt(gradient.Sum(one => (double)one * one));
            Assert.That(slope, Is.EqualTo(expected).Within(0.02 * norm + 0.02), parameter.Name);
            // A group of one channel takes back what a bias before it adds.
            if (!parameter.Name.EndsWith(".bias", StringComparison.Ordinal))
                Assert.That(norm, Is.GreaterThan(1e-3), $"{parameter.Name} has no gradient");
        }
    }

    // A layer on the CPU, its parameters drawn anew, and tensors that outlive a step.
    sealed class Run : IDisposable
    {
        public const float Step = 5e-3f;

        readonly Device device = Device.Open("cpu", 1);
        readonly List<Buffer<float>> buffers = [];

        public Run(Layer layer)
        {
            Store = new ParameterStore(device, "net", layer, seed: 5);
            Context = new Context(device, seed: 3);
            Begin(training: true);
            foreach (Parameter parameter in Store.Parameters)
                DrawAnew(device, parameter);
        }

        public ParameterStore Store { get; }

        public Context Context { get; }

        public void Begin(bool training) => Context.BeginStep(1, training);

        public Tensor Draw(string name, params int[] extents)
        {
            var shape = new Shape(extents);
            Buffer<float> buffer = device.Allocate<float>(shape.Length);
            buffers.Add(buffer);
            var tensor = new Tensor(buffer.View, shape);
            RandomOp.Normal(device.Stream, tensor, RandomKey.Named(11, (ulong)buffers.Count, name));
            return tensor;
        }

        // A copy in the step's own memory, which layers may give back.
        public Tensor Again(Tensor tensor)
        {
            Tensor copy = Context.Allocate(tensor.Shape);
            device.Stream.Copy(tensor.View, copy.View);
            return copy;
        }

        public double Dot(Tensor x, Tensor y) => x.ToArray(device.Stream).Zip(y.ToArray(device.Stream), (a, b) => (double)a * b).Sum();

        public void Dispose()
        {
            buffers.ForEach(buffer => buffer.Dispose());
            Context.Dispose();
            Store.Dispose();
            device.Dispose();
        }
    }
}
