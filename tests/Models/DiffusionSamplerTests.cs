using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Models.Diffusion;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>
/// Samplers where the best prediction is known: of data N(m, s^2), from x = alpha data + sigma eps, the clean sample is expected at
/// m + alpha s^2 (x - alpha m) / (alpha^2 s^2 + sigma^2), and the probability flow keeps (x - alpha m) / sqrt(alpha^2 s^2 + sigma^2).
/// </summary>
public class DiffusionSamplerTests
{
    const double Mean = 0.4, Deviation = 0.3;

    static readonly NoiseSchedule Schedule = NoiseSchedule.Cosine();

    Device device = null!;
    Context context = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("cpu", 1);
        context = new Context(device, seed: 11);
        context.BeginStep(0, training: false);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void DDIM_without_noise_solves_the_probability_flow_at_first_order([Values] DiffusionTarget predicted)
    {
        double few = FlowError(new DdimSampler(Schedule, 16, predicted, start: 0.95, end: 0.1));
        double more = FlowError(new DdimSampler(Schedule, 64, predicted, start: 0.95, end: 0.1));
        Assert.That(more, Is.LessThan(0.02));
        Assert.That(few / more, Is.InRange(3, 6), "four times as many steps");
    }

    [Test]
    public void The_solver_does_so_at_second_order([Values] DiffusionTarget predicted)
    {
        double few = FlowError(new DpmSolverSampler(Schedule, 8, predicted, start: 0.95, end: 0.2));
        double more = FlowError(new DpmSolverSampler(Schedule, 32, predicted, start: 0.95, end: 0.2));
        Assert.That(more, Is.LessThan(1e-3));
        Assert.That(few / more, Is.InRange(13, 22), "four times as many steps");
    }

    [Test]
    public void From_pure_noise_to_none_they_draw_the_data()
    {
        foreach (DiffusionSampler sampler in (DiffusionSampler[])
            [
                new DdimSampler(Schedule, 100, DiffusionTarget.Velocity), new DpmSolverSampler(Schedule, 25, DiffusionTarget.Velocity),
                new DdimSampler(Schedule, 100, DiffusionTarget.Clean, eta: 0.5), new DdpmSampler(Schedule, 250, DiffusionTarget.Velocity),
                new DdpmSampler(NoiseSchedule.LinearBeta().Discrete(1000), 250, DiffusionTarget.Noise),
            ])
        {
            float[] drawn = Draw(sampler, Noise(4096));
            double mean = drawn.Average(v => (double)v), deviation = Math.Sqrt(drawn.Average(v => (v - mean) * (v - mean)));
            Assert.That(mean, Is.EqualTo(Mean).Within(0.02), sampler.ToString());
            Assert.That(deviation, Is.EqualTo(Deviation).Within(0.02), sampler.ToString());
        }
    }

    [Test]
    public void The_steps_of_one_drawing_have_noise_of_their_own()
    {
        // Of data without any spread, what one step of noise leaves in x is its noise alone.
        var sampler = new DdpmSampler(Schedule, 10, DiffusionTarget.Clean);
        float[][] noises = [.. new[] { 4, 5 }.Select(step =>
        {
            Tensor x = context.Zeros(1000), prediction = context.Zeros(1000);
            sampler.Step(context, step, x, prediction);
            return x.ToArray(context.Stream);
        })];
        double product = noises[0].Zip(noises[1], (a, b) => a * b).Average();
        double first = sampler.Coefficients(4).D, second = sampler.Coefficients(5).D;
        Assert.That(noises[0].Average(v => v * v), Is.EqualTo(first * first).Within(0.2 * first * first));
        Assert.That(product, Is.EqualTo(0).Within(0.15 * first * second));
    }

    [Test]
    public void A_clean_sample_beyond_the_range_is_clamped_if_asked_for()
    {
        foreach (bool clamps in new[] { false, true })
        {
            Tensor x = context.Upload([0.5f, -0.5f], 2), prediction = context.Upload([3f, -0.25f], 2), previous = context.Allocate(2);
            new DpmSolverSampler(Schedule, 1, DiffusionTarget.Clean, clamps).Step(context, 0, x, prediction, previous);
            Assert.That(x.ToArray(context.Stream), Is.EqualTo(new[] { clamps ? 1f : 3f, -0.25f }).Within(1e-6));
            Assert.That(previous.ToArray(context.Stream), Is.EqualTo(new[] { clamps ? 1f : 3f, -0.25f }));
        }
    }

    [Test]
    public void What_makes_no_sense_is_refused()
    {
        Assert.That(() => new DdimSampler(Schedule, 0, DiffusionTarget.Noise), Throws.ArgumentException);
        Assert.That(() => new DdimSampler(Schedule, 1, DiffusionTarget.Noise, eta: 2), Throws.ArgumentException);
        Assert.That(() => new DdpmSampler(Schedule, 1, DiffusionTarget.Noise, start: 0.5, end: 0.5), Throws.ArgumentException);
        var solver = new DpmSolverSampler(Schedule, 1, DiffusionTarget.Noise);
        Assert.That(() => solver.Step(context, 0, context.Zeros(2), context.Zeros(2)), Throws.ArgumentException);
        Assert.That(() => solver.Step(context, 1, context.Zeros(2), context.Zeros(2), context.Zeros(2)),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    // The largest distance from where the flow takes the sample, of noise from -2 to 2 deviations.
    double FlowError(DiffusionSampler sampler)
    {
        double from = sampler.TimeOf(0), to = sampler.TimeOf(sampler.Steps);
        float[] start = [.. Enumerable.Range(-2, 5).Select(z => (float)(Schedule.Alpha(from) * Mean + Spread(from) * z))];
        float[] end = Draw(sampler, start);
        return Enumerable.Range(-2, 5).Max(z => Math.Abs(end[z + 2] - (Schedule.Alpha(to) * Mean + Spread(to) * z)));
    }

    static double Spread(double t) => Math.Sqrt(Math.Pow(Schedule.Alpha(t) * Deviation, 2) + Math.Pow(Schedule.Sigma(t), 2));

    float[] Noise(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Philox.Block(RandomKey.Named(1, 2, "start"), (uint)i))
            .Select(words => Philox.NormalCos(words.W0, words.W1))];

    float[] Draw(DiffusionSampler sampler, float[] start)
    {
        Tensor x = context.Upload(start, start.Length), previous = context.Allocate(start.Length);
        for (int step = 0; step < sampler.Steps; step++)
        {
            double alpha = sampler.Schedule.Alpha(sampler.TimeOf(step)), sigma = sampler.Schedule.Sigma(sampler.TimeOf(step));
            double power = alpha * alpha * Deviation * Deviation + sigma * sigma;
            float[] prediction = [.. x.ToArray(context.Stream).Select(value =>
            {
                double clean = Mean + alpha * Deviation * Deviation * (value - alpha * Mean) / power, eps = (value - alpha * clean) / sigma;
                return (float)(sampler.Predicted switch
                {
                    DiffusionTarget.Velocity => alpha * eps - sigma * clean,
                    DiffusionTarget.Noise => eps,
                    _ => clean,
                });
            })];
            sampler.Step(context, step, x, context.Upload(prediction, prediction.Length), previous);
        }

        return x.ToArray(context.Stream);
    }
}
