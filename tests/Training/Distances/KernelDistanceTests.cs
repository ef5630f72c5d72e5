using Dalle2.Training.Scores;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training.Distances;

[TestFixture]
public sealed class KernelDistanceTests
{
    static readonly float[][] First = FrechetDistanceTests.Normal(9, [1, 2, .5, 1, 1], "first");
    static readonly float[][] Second = FrechetDistanceTests.Normal(9, [2, 1, .5, 1, 2], "second");

    /// <summary>The definition, pair by pair.</summary>
    static double Definition(float[][] x, float[][] y)
    {
        double Kernel(float[] a, float[] b) => Math.Pow(a.Zip(b, (p, q) => (double)p * q).Sum() / a.Length + 1, 3);
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < x.Length; j++)
            {
                if (i == j)
                    continue;
                sum += Kernel(x[i], x[j]) + Kernel(y[i], y[j]) - Kernel(x[i], y[j]) - Kernel(x[j], y[i]);
                pairs++;
            }
        }

        return sum / pairs;
    }

    [Test]
    public void It_is_the_mean_over_all_pairs_and_its_error_that_of_leaving_each_out()
    {
        KernelDistance distance = KernelDistance.Between(First, Second);
        Assert.That(distance.Value, Is.EqualTo(Definition(First, Second)).Within(1e-9));
        int n = First.Length;
        double[] without = [.. Enumerable.Range(0, n).Select(left =>
            Definition([.. First.Where((_, i) => i != left)], [.. Second.Where((_, i) => i != left)]))];
        double error = Math.Sqrt((n - 1.0) / n * without.Sum(value => Math.Pow(value - without.Average(), 2)));
        Assert.That(distance.Error, Is.EqualTo(error).Within(1e-9).And.GreaterThan(0));
    }

    [Test]
    public void It_does_not_depend_on_which_is_first_or_on_a_common_turn()
    {
        double value = KernelDistance.Between(First, Second).Value;
        Assert.That(KernelDistance.Between(Second, First).Value, Is.EqualTo(value).Within(1e-9));
        float[][] Turn(float[][] rows) => [.. rows.Select(row => (float[])[row[4], -row[0], row[2], row[1], row[3]])];
        Assert.That(KernelDistance.Between(Turn(First), Turn(Second)).Value, Is.EqualTo(value).Within(1e-9));
    }

    [Test]
    public void Equal_sets_have_none()
    {
        KernelDistance none = KernelDistance.Between(First, First);
        Assert.That((none.Value, none.Error), Is.EqualTo((0.0, 0.0)));
    }

    [Test]
    public void Sets_of_one_point_each_are_as_far_as_the_kernel_says()
    {
        float[][] here = [[2, 0], [2, 0], [2, 0]], there = [[0, 4], [0, 4], [0, 4]];
        // k = (4/2 + 1)^3, (16/2 + 1)^3, (0 + 1)^3.
        KernelDistance distance = KernelDistance.Between(here, there);
        Assert.That((distance.Value, distance.Error), Is.EqualTo((27 + 729 - 2.0, 0.0)));
    }

    [Test]
    public void Samples_of_one_distribution_are_not_apart_on_average()
    {
        // Without a bias, the mean over many small samples is zero within its error.
        double[] values = [.. Enumerable.Range(0, 400).Select(i => KernelDistance.Between(
            FrechetDistanceTests.Normal(4, [1, 1, 1], $"one {i}"), FrechetDistanceTests.Normal(4, [1, 1, 1], $"two {i}")).Value)];
        double error = Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / values.Length / (values.Length - 1));
        Assert.That(Math.Abs(values.Average()), Is.LessThan(3 * error));
    }

    [Test]
    public void Too_few_say_nothing_and_unequal_numbers_are_refused()
    {
        KernelDistance two = KernelDistance.Between(First[..2], Second[..2]);
        Assert.That(two.Value, Is.EqualTo(Definition(First[..2], Second[..2])).Within(1e-9));
        Assert.That(two.Error, Is.NaN);
        Assert.That(KernelDistance.Between([First[0]], [Second[0]]).Value, Is.NaN);
        Assert.That(KernelDistance.Between([], []).Value, Is.NaN);
        Assert.That(() => KernelDistance.Between(First, Second[..3]), Throws.ArgumentException);
    }

    [Test]
    public void Products_of_rows_of_any_length_are_sums_of_products()
    {
        for (int length = 0; length < 40; length++)
        {
            float[] x = [.. Enumerable.Range(1, length).Select(i => i * .25f)], y = [.. x.Select(value => 3 - value)];
            Assert.That(InnerProduct.Of(x, y), Is.EqualTo(x.Zip(y, (a, b) => (double)a * b).Sum()), $"{length}");
        }

        Assert.That(() => InnerProduct.Of([1], [1, 2]), Throws.ArgumentException);
    }
}
