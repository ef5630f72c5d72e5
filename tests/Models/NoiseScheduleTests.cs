using Dalle2.Kernels.Shared;
using Dalle2.Models.Diffusion;

namespace Dalle2.Tests.Models;

/// <summary>Schedules against their papers' formulas, in steps and between them.</summary>
public class NoiseScheduleTests
{
    static readonly NoiseSchedule[] All = [NoiseSchedule.Cosine(), NoiseSchedule.LinearBeta(), NoiseSchedule.Cosine().Discrete(50)];

    [TestCaseSource(nameof(All))]
    public void Signal_falls_and_noise_grows_of_power_one_together(NoiseSchedule schedule)
    {
        Assert.That(schedule.Alpha(0), Is.EqualTo(1));
        Assert.That(schedule.Sigma(0), Is.Zero);
        Assert.That(schedule.LogSnr(0), Is.EqualTo(double.PositiveInfinity));
        Assert.That(schedule.Alpha(1), Is.InRange(1e-5, 0.01));
        for (int i = 1; i <= 100; i++)
        {
            double t = i / 100.0, alpha = schedule.Alpha(t), sigma = schedule.Sigma(t);
            Assert.That(alpha * alpha + sigma * sigma, Is.EqualTo(1).Within(1e-12));
            Assert.That(schedule.LogSnr(t), Is.EqualTo(2 * Math.Log(alpha / sigma)).Within(1e-9));
            Assert.That(alpha, Is.LessThan(schedule.Alpha(t - 0.01)));
        }
    }

    [Test]
    public void The_cosine_schedule_is_that_of_its_paper()
    {
        NoiseSchedule schedule = NoiseSchedule.Cosine();
        double at = Math.Cos(0.508 / 1.008 * Math.PI / 2) / Math.Cos(0.008 / 1.008 * Math.PI / 2);
        Assert.That(schedule.Alpha(0.5), Is.EqualTo(at).Within(1e-12));
        NoiseSchedule steps = schedule.Discrete(10);
        Assert.That(steps.Alpha(0.3), Is.EqualTo(schedule.Alpha(0.3)).Within(1e-12));
        Assert.That(steps.Alpha(0.35), Is.EqualTo(Math.Sqrt(steps.Alpha(0.3) * steps.Alpha(0.4))).Within(1e-12));
        Assert.That(steps.Alpha(1), Is.EqualTo(steps.Alpha(0.9) * Math.Sqrt(0.001)).Within(1e-12), "the last beta is .999");
    }

    [Test]
    public void The_linear_schedule_is_DDPMs_product_in_steps_and_near_it_between_them()
    {
        double[] betas = [.. Enumerable.Range(0, 1000).Select(i => 1e-4 + i / 999.0 * (0.02 - 1e-4))];
        double product = betas.Take(500).Aggregate(1.0, (left, beta) => left * (1 - beta));
        Assert.That(NoiseSchedule.Discrete(betas).Alpha(0.5), Is.EqualTo(Math.Sqrt(product)).Within(1e-12));
        Assert.That(NoiseSchedule.LinearBeta().Alpha(0.5), Is.EqualTo(Math.Sqrt(product)).Within(2e-3));
    }

    [TestCase(0.2)]
    [TestCase(0.8)]
    public void Weights_are_those_of_the_clean_samples_error(double t)
    {
        NoiseSchedule schedule = NoiseSchedule.Cosine();
        double snr = Math.Exp(schedule.LogSnr(t)), clean = Math.Min(snr, 5);
        Assert.That(schedule.MinSnrWeight(t, DiffusionTarget.Clean), Is.EqualTo(clean).Within(1e-12));
        Assert.That(schedule.MinSnrWeight(t, DiffusionTarget.Noise), Is.EqualTo(clean / snr).Within(1e-12));
        Assert.That(schedule.MinSnrWeight(t, DiffusionTarget.Velocity), Is.EqualTo(clean / (snr + 1)).Within(1e-12));
        Assert.That(schedule.MinSnrWeight(t, DiffusionTarget.Noise, double.PositiveInfinity), Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void What_makes_no_sense_is_refused()
    {
        Assert.That(() => NoiseSchedule.Cosine(-1), Throws.ArgumentException);
        Assert.That(() => NoiseSchedule.LinearBeta(0.02, 1e-4), Throws.ArgumentException);
        Assert.That(() => NoiseSchedule.Discrete(0.1, 1), Throws.ArgumentException);
        Assert.That(() => NoiseSchedule.Cosine().Discrete(0), Throws.ArgumentException);
        Assert.That(() => NoiseSchedule.Cosine().Alpha(1.5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => NoiseSchedule.Cosine().MinSnrWeight(0, DiffusionTarget.Noise), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
