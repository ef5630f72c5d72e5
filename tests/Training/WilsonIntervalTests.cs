using Dalle2.Training.Scores;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class WilsonIntervalTests
{
    // Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score, without continuity correction).
    [TestCase(81, 263, 0.2553, 0.3662)]
    [TestCase(15, 148, 0.0624, 0.1605)]
    [TestCase(0, 20, 0.0000, 0.1611)]
    [TestCase(1, 29, 0.0061, 0.1718)]
    public void Agrees_with_published_values(int successes, int trials, double low, double high)
    {
        WilsonInterval interval = WilsonInterval.Of(successes, trials);
        Assert.That(interval.Value, Is.EqualTo((double)successes / trials));
        Assert.That(interval.Low, Is.EqualTo(low).Within(5e-5));
        Assert.That(interval.High, Is.EqualTo(high).Within(5e-5));
    }

    [Test]
    public void The_bounds_solve_the_score_equation()
    {
        // By definition |p - bound| = z sqrt(bound (1 - bound) / n).
        // 68.27 % lie within one deviation; 95 % and 99 % by the normal table.
        foreach ((double confidence, double z) in new[] { (0.682689492137086, 1.0), (0.95, 1.959963984540054), (0.99, 2.5758293035489) })
        {
            WilsonInterval interval = WilsonInterval.Of(37, 50, confidence);
            foreach (double bound in new[] { interval.Low, interval.High })
                Assert.That(Math.Abs(interval.Value - bound), Is.EqualTo(z * Math.Sqrt(bound * (1 - bound) / 50)).Within(1e-12));
        }
    }

    [Test]
    public void The_ends_are_exact_and_no_trials_say_nothing()
    {
        Assert.That(WilsonInterval.Of(0, 7).Low, Is.Zero);
        Assert.That(WilsonInterval.Of(7, 7).High, Is.EqualTo(1));
        Assert.That(WilsonInterval.Of(0, 0), Is.EqualTo(new WilsonInterval(0, 0, 1)));
        Assert.That(() => WilsonInterval.Of(8, 7), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => WilsonInterval.Of(3, 7, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => WilsonInterval.Of(3, 7, double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => WilsonInterval.Of(-1, 7), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
