using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
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
            Tensor x = context.Zeros(1, 1000), prediction = context.Zeros(1, 1000);
            sampler.Step(context, step, x, prediction, noise: Key(0));
            return x.ToArray(context.Stream);
        })];
        double product = noises[0].Zip(noises[1], (a, b) => a * b).Average();
        double first = sampler.Coefficients(4).D, second = sampler.Coefficients(5).D;
        Assert.That(noises[0].Average(v => v * v), Is.EqualTo(first * first).Within(0.2 * first * first));
        Assert.That(product, Is.EqualTo(0).Within(0.15 * first * second));
    }

    [Test]
    public void A_sample_has_the_same_noise_in_any_batch()
    {
        var sampler = new DdpmSampler(Schedule, 10, DiffusionTarget.Clean);
        float[] Draw(params int[] numbers)
        {
            Tensor x = context.Zeros(numbers.Length, 333);
            sampler.Step(context, 4, x, context.Zeros(numbers.Length, 333), noise: Key(numbers));
            return x.ToArray(context.Stream);
        }

        float[][] together = [.. Draw(7, 2, int.MaxValue).Chunk(333)];
        Assert.That(together[1], Is.EqualTo(Draw(2)));
        Assert.That(together[2], Is.EqualTo(Draw(int.MaxValue)));
        Assert.That(together.Select(noise => noise[0]), Is.Unique);
    }

    [Test]
    public void Noise_that_is_added_in_two_parts_is_as_much_as_at_once()
    {
        var sampler = new DdimSampler(Schedule, 1, DiffusionTarget.Velocity);
        SamplerCoefficients first = sampler.Noising(0, 0.2, 0.5), second = sampler.Noising(0, 0.5, 0.9);
        SamplerCoefficients both = sampler.Noising(0, 0.2, 0.9);
        Assert.That(first.A * second.A, Is.EqualTo(both.A).Within(1e-12));
        Assert.That(second.A * second.A * first.D * first.D + second.D * second.D, Is.EqualTo(both.D * both.D).Within(1e-12));
        SamplerCoefficients whole = sampler.Noising(0, 0, 0.5);
        Assert.That((whole.A, whole.D), Is.EqualTo((Schedule.Alpha(0.5), Schedule.Sigma(0.5))));
        Tensor x = context.Upload([.. Enumerable.Repeat(0.5f, 4096)], 1, 4096);
        sampler.AddNoise(context, 3, x, 0, 0.5, Key(0));
        float[] noisy = x.ToArray(context.Stream);
        double mean = noisy.Average(v => (double)v), deviation = Math.Sqrt(noisy.Average(v => (v - mean) * (v - mean)));
        Assert.That(mean, Is.EqualTo(0.5 * Schedule.Alpha(0.5)).Within(0.05));
        Assert.That(deviation, Is.EqualTo(Schedule.Sigma(0.5)).Within(0.05));
    }

    [Test]
    public void One_round_of_inversion_follows_the_flow_back_at_first_order([Values] DiffusionTarget predicted)
    {
        double few = BackwardError(new DdimSampler(Schedule, 16, predicted, start: 0.95, end: 0.1));
        double more = BackwardError(new DdimSampler(Schedule, 64, predicted, start: 0.95, end: 0.1));
        Assert.That(more, Is.LessThan(0.05));
        Assert.That(few / more, Is.InRange(3, 6), "four times as many steps");
    }

    // From noise that was drawn anew, a picture of the same kind but another one comes.
    [Test]
    public void What_is_inverted_is_drawn_again_and_exactly_with_rounds_enough([Values] DiffusionTarget predicted)
    {
        var sampler = new DdimSampler(Schedule, 20, predicted);
        float[] data = [.. Noise(64).Select(z => (float)(Mean + Deviation * z))];
        double Error(float[] noise) => Math.Sqrt(Draw(sampler, noise).Zip(data, (a, b) => (a - b) * (a - b)).Average());
        double anew = Error([.. Noise(128).Skip(64)]), one = Error(Invert(sampler, data, 1)), many = Error(Invert(sampler, data, 12));
        Assert.That(anew, Is.GreaterThan(Deviation));
        Assert.That(one, Is.LessThan(anew / 10));
        Assert.That(many, Is.LessThan(1e-4));
    }

    [Test]
    public void Inversion_clamps_as_drawing_does()
    {
        // The model sees a clean sample of 3, which drawing takes for 1.
        var sampler = new DdimSampler(Schedule, 8, DiffusionTarget.Clean, clamps: true, start: 0.9, end: 0.2);
        Tensor x = context.Upload([0.7f, -1.2f], 1, 2), prediction = context.Upload([3f, 3f], 1, 2), behind = context.Allocate(1, 2);
        for (int step = 0; step < sampler.Steps; step++)
            sampler.Step(context, step, x, prediction);
        for (int step = sampler.Steps - 1; step >= 0; step--)
        {
            float[] known = x.ToArray(context.Stream);
            for (int round = 0; round < 30; round++)
            {
                behind.Write(context.Stream, known);
                sampler.Invert(context, step, x, prediction, behind);
            }
        }

        Assert.That(x.ToArray(context.Stream), Is.EqualTo(new[] { 0.7f, -1.2f }).Within(1e-4));
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
        var noisy = new DdimSampler(Schedule, 2, DiffusionTarget.Noise, eta: 0.5);
        Assert.That(() => noisy.Step(context, 0, context.Zeros(2), context.Zeros(2)), Throws.ArgumentException);
        Assert.That(() => noisy.Step(context, 0, context.Zeros(2), context.Zeros(2), noise: Key(0)), Throws.ArgumentException);
        Assert.That(() => noisy.Inversion(0), Throws.InvalidOperationException);
        Assert.That(() => new DdimSampler(Schedule, 1, DiffusionTarget.Noise).Inversion(0), Throws.InvalidOperationException);
        Assert.That(() => new DdimSampler(Schedule, 2, DiffusionTarget.Noise).Inversion(2),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
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

    // The same, of samples that are taken from the last time to the first.
    double BackwardError(DdimSampler sampler)
    {
        double from = sampler.TimeOf(0), to = sampler.TimeOf(sampler.Steps);
        float[] samples = [.. Enumerable.Range(-2, 5).Select(z => (float)(Schedule.Alpha(to) * Mean + Spread(to) * z))];
        float[] noise = Invert(sampler, samples, 1);
        return Enumerable.Range(-2, 5).Max(z => Math.Abs(noise[z + 2] - (Schedule.Alpha(from) * Mean + Spread(from) * z)));
    }

    SampleKey Key(params int[] numbers) => new(RandomKey.Named(11, 0, "noise"), context.Upload(numbers, numbers.Length));

    float[] Draw(DiffusionSampler sampler, float[] start)
    {
        Tensor x = context.Upload(start, 1, start.Length), previous = context.Allocate(1, start.Length);
        for (int step = 0; step < sampler.Steps; step++)
            sampler.Step(context, step, x, Predict(sampler, step, x), previous, Key(0));
        return x.ToArray(context.Stream);
    }

    float[] Invert(DdimSampler sampler, float[] samples, int rounds)
    {
        Tensor x = context.Upload(samples, 1, samples.Length), behind = context.Allocate(1, samples.Length);
        for (int step = sampler.Steps - 1; step >= 0; step--)
        {
            float[] known = x.ToArray(context.Stream);
            for (int round = 0; round < rounds; round++)
            {
                behind.Write(context.Stream, known);
                sampler.Invert(context, step, x, Predict(sampler, step, x), behind);
            }
        }

        return x.ToArray(context.Stream);
    }

    // The best prediction, at the time before a step.
    Tensor Predict(DiffusionSampler sampler, int step, Tensor x)
    {
        double alpha = sampler.Schedule.Alpha(sampler.TimeOf(step)), sigma = sampler.Schedule.Sigma(sampler.TimeOf(step));
        double power = alpha * alpha * Deviation * Deviation + sigma * sigma;
        float[] prediction =
        [
            .. x.ToArray(context.Stream).Select(value =>
            {
                double clean = Mean + alpha * Deviation * Deviation * (value - alpha * Mean) / power, eps = (value - alpha * clean) / sigma;
                return (float)(sampler.Predicted switch
                {
                    DiffusionTarget.Velocity => alpha * eps - sigma * clean,
                    DiffusionTarget.Noise => eps,
                    _ => clean,
                });
            }),
        ];
        return context.Upload(prediction, 1, prediction.Length);
    }
}
