using Dalle2.Tensors;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training.Distances;

[TestFixture]
public sealed class FrechetDistanceTests
{
    /// <summary>Four points whose mean and covariance are exactly mean and L L^T: mean +- sqrt(3/2) times a column of L.</summary>
    static float[][] Exact(double[] mean, double[,] root)
    {
        double reach = Math.Sqrt(1.5);
        return
        [
            .. from column in Enumerable.Range(0, 2)
               from sign in new[] { -1, 1 }
               select (float[])[.. mean.Select((center, row) => (float)(center + sign * reach * root[row, column]))],
        ];
    }

    [Test]
    public void Of_two_known_distributions_it_is_the_closed_form()
    {
        double[,] l = { { 2, 0 }, { 1, .5 } }, m = { { 1, .5 }, { -1, 1.5 } };
        // S = L L^T and T = M M^T do not commute. Of a 2 x 2 matrix, tr(A^(1/2)) = sqrt(tr A + 2 sqrt(det A)), and det S = (det L)^2.
        double[,] s = { { 4, 2 }, { 2, 1.25 } }, t = { { 1.25, -.25 }, { -.25, 3.25 } };
        double product = s[0, 0] * t[0, 0] + 2 * s[0, 1] * t[0, 1] + s[1, 1] * t[1, 1];
        double determinant = Math.Abs((2 * .5) * (1 * 1.5 + 1 * .5));
        double expected = 9 + 16 + s[0, 0] + s[1, 1] + t[0, 0] + t[1, 1] - 2 * Math.Sqrt(product + 2 * determinant);
        Assert.That(FrechetDistance.Between(Exact([1, -1], l), Exact([4, 3], m)), Is.EqualTo(expected).Within(1e-5));
        Assert.That(FrechetDistance.Between(Exact([4, 3], m), Exact([1, -1], l)), Is.EqualTo(expected).Within(1e-5));
    }

    [Test]
    public void Of_normal_samples_it_is_that_of_their_distributions()
    {
        // Independent numbers: |m - n|^2 + sum (s - t)^2.
        double[] deviations = [1, .5, 2, .1], others = [.5, .5, 1, .7];
        float[][] first = Normal(20_000, deviations, "first"), second = Normal(20_000, others, "second");
        foreach (float[] row in second)
            row[1] += 2;
        double expected = 4 + deviations.Zip(others, (s, t) => (s - t) * (s - t)).Sum();
        Assert.That(FrechetDistance.Between(first, second), Is.EqualTo(expected).Within(.1));
    }

    [Test]
    public void Equal_sets_have_none_and_a_step_gives_its_square()
    {
        // Fewer rows than numbers: covariances without an inverse.
        foreach (int count in new[] { 5, 40 })
        {
            float[][] rows = Normal(count, [.. Enumerable.Repeat(1.0, 12)], "rows");
            float[][] moved = [.. rows.Select(row => (float[])[row[0] + 3, row[1] - 4, .. row[2..]])];
            Assert.That(FrechetDistance.Between(rows, rows), Is.EqualTo(0).Within(1e-5));
            Assert.That(FrechetDistance.Between(rows, moved), Is.EqualTo(25).Within(1e-4));
        }
    }

    [Test]
    public void Turning_both_sets_changes_nothing_and_stretching_them_squares()
    {
        float[][] first = Normal(50, [1, 2, 3], "first"), second = Normal(60, [2, 2, 1], "second");
        double distance = FrechetDistance.Between(first, second);
        float[] Turn(float[] row) => [.6f * row[0] - .8f * row[1] + 7, .8f * row[0] + .6f * row[1], -row[2]];
        Assert.That(distance, Is.GreaterThan(1));
        Assert.That(FrechetDistance.Between([.. first.Select(Turn)], [.. second.Select(Turn)]), Is.EqualTo(distance).Within(1e-4));
        float[] Stretch(float[] row) => [.. row.Select(value => 3 * value)];
        Assert.That(FrechetDistance.Between([.. first.Select(Stretch)], [.. second.Select(Stretch)]),
            Is.EqualTo(9 * distance).Within(1e-3));
    }

    [Test]
    public void One_picture_has_no_distribution() => Assert.That(FrechetDistance.Between([[1, 2]], [[1, 2], [3, 4]]), Is.NaN);

    internal static float[][] Normal(int count, double[] deviations, string name) =>
    [
        .. Enumerable.Range(0, count).Select(i => (float[])
        [
            .. deviations.Select((deviation, j) =>
            {
                RandomBlock words = Philox.Block(RandomKey.Named(1, (ulong)i, name), (uint)j);
                return (float)(deviation * Philox.NormalCos(words.W0, words.W1));
            }),
        ]),
    ];
}
