using System.Runtime.CompilerServices;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;
using Dalle2.Gpu.Runtime;
using Dalle2.Tensors;
using Dalle2.Training.Scores.Distances;

namespace Dalle2.Tests.Training.Distances;

[TestFixture]
public sealed class PictureFeaturesTests
{
    static PictureBytes Shapes(int count, int side, string split = "held-out")
    {
        var set = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 64 });
        return PictureBytes.Of([.. Enumerable.Range(0, count).Select(i => ImageTransform.ToFloats(set.Load(split, i, side)))], side);
    }

    static double Distance(float[] x, float[] y) => Math.Sqrt(x.Zip(y, (a, b) => Math.Pow((double)a - b, 2)).Sum());

    [Test]
    public void Pictures_are_rounded_as_files_are_and_resized_by_area()
    {
        PictureBytes pictures = PictureBytes.Of([[0, .5f, 2, -1, float.NaN, 1, .2f, .4f, .6f, 0, 0, 1]], 2);
        Assert.That(pictures[0].ToArray(), Is.EqualTo(new byte[] { 0, 128, 255, 0, 0, 255, 51, 102, 153, 0, 0, 255 }));
        Assert.That(pictures.Resize(1)[0].ToArray(), Is.EqualTo(new byte[] { 13, 58, 230 }));
        Assert.That(pictures.Resize(2), Is.SameAs(pictures));
        Assert.That(pictures.Resize(3).Length, Is.EqualTo(27));
        Assert.That(pictures.Select([0, 0]).Count, Is.EqualTo(2));
        Assert.That(PictureBytes.Of([ImageTransform.ToFloats(pictures.ToImage(0))], 2)[0].ToArray(), Is.EqualTo(pictures[0].ToArray()));
        Assert.That(() => new PictureBytes(2, new byte[13]), Throws.ArgumentException);
    }

    [Test]
    public void Components_are_uncorrelated_the_widest_first_and_of_mean_square_one()
    {
        PictureBytes pictures = Shapes(64, 32);
        IReadOnlyList<float[]> rows = PixelFeatures.Fit(pictures)!.Of(pictures);
        int length = rows[0].Length;
        Assert.That(length, Is.EqualTo(63), "64 pictures have 63 directions around their mean");
        double Moment(int i, int j) => rows.Average(row => (double)row[i] * row[j]);
        Assert.That(Enumerable.Range(0, length).Average(i => Moment(i, i)), Is.EqualTo(1).Within(1e-4));
        for (int i = 0; i < length; i++)
        {
            Assert.That(rows.Average(row => row[i]), Is.EqualTo(0).Within(1e-4));
            for (int j = 0; j < i; j++)
                Assert.That(Moment(i, j), Is.EqualTo(0).Within(1e-4), $"{i}, {j}");
            if (i > 0)
                Assert.That(Moment(i, i), Is.LessThanOrEqualTo(Moment(i - 1, i - 1) + 1e-6));
        }

        // All directions are kept, so distances are those of the pixels, times one factor.
        double[] ratios = [.. from i in Enumerable.Range(0, 8)
                              from j in Enumerable.Range(0, i)
                              select Distance(rows[i], rows[j]) / Distance(Floats(pictures, i), Floats(pictures, j))];
        Assert.That(ratios.Max() / ratios.Min(), Is.EqualTo(1).Within(1e-3));
    }

    [Test]
    public void Pictures_that_are_all_the_same_have_no_components() =>
        Assert.That(PixelFeatures.Fit(Shapes(1, 32).Select([0, 0, 0])), Is.Null);

    [Test]
    public void The_stored_encoder_gives_the_same_bits_on_each_device()
    {
        PictureBytes pictures = Shapes(3, 32);
        float[][] Embed(string name, int threads)
        {
            using Device device = Device.Open(name, threads);
            using ClipFeatures features = ClipFeatures.Stored(device);
            return [.. features.Of(pictures)];
        }

        float[][] rows = Embed("cpu", 2);
        Assert.That(Embed("cpu:128", 1), Is.EqualTo(rows));
        foreach (float[] row in rows)
            Assert.That(row.Sum(value => (double)value * value) / row.Length, Is.EqualTo(1).Within(1e-4));
    }

    [Test]
    public void The_stored_encoder_is_the_one_that_its_page_describes()
    {
        using Device device = Device.Open("cpu", 1);
        using ClipFeatures features = ClipFeatures.Stored(device);
        string page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(SourcePath())!, "..", "..", "..", "src", "Training", "Scores",
            "Distances", "README.md"));
        Assert.That(page, Does.Contain(features.Hash));
    }

    /// <summary>What they are for: the more drawings are spoilt, the farther they are, at each side.</summary>
    [TestCase(16)]
    [TestCase(32)]
    [TestCase(64)]
    public void The_more_drawings_are_spoilt_the_farther_they_are(int side)
    {
        PictureBytes truth = Shapes(48, side);
        var training = PreparedData.Load(DataSets.Open("shapes", new DataSetOptions { Count = 128 }), "train", side);
        using Device device = Device.Open("cpu", 2);
        using var distances = new DrawingDistances(device, truth, training, [.. Enumerable.Range(0, training.Count)]);
        PictureBytes Spoilt(Func<int, int, double> value) => PictureBytes.Of(
            [.. Enumerable.Range(0, truth.Count).Select(i => (float[])
                [.. Enumerable.Range(0, truth.Length).Select(p => (float)value(i, p))])], side);
        PictureBytes Noisy(double deviation) => Spoilt((i, p) =>
        {
            RandomBlock words = Philox.Block(RandomKey.Named(1, (ulong)i, "noise"), (uint)p);
            return truth[i][p] / 255.0 + deviation * Philox.NormalCos(words.W0, words.W1);
        });
        PictureBytes Pale(double share) => Spoilt((i, p) => .5 + (1 - share) * (truth[i][p] / 255.0 - .5));

        IReadOnlyList<FeatureScore> same = distances.Of(truth);
        foreach (FeatureScore score in same)
        {
            Assert.That(score.Drawn.Frechet, Is.EqualTo(0).Within(1e-3), score.Name);
            Assert.That(score.Drawn.Kernel.Value, Is.EqualTo(0).Within(1e-9), score.Name);
            Assert.That((score.Drawn.Count, score.Training.Count, score.Floor.Count), Is.EqualTo((48, 48, 48)));
        }

        foreach (Func<double, PictureBytes> spoil in new[] { Noisy, Pale })
        {
            IReadOnlyList<FeatureScore> little = distances.Of(spoil(.1)), much = distances.Of(spoil(.5));
            for (int i = 0; i < same.Count; i++)
            {
                string what = $"{same[i].Name}, {spoil.Method.Name}";
                Assert.That(little[i].Drawn.Frechet, Is.GreaterThan(.01), what);
                Assert.That(much[i].Drawn.Frechet, Is.GreaterThan(2 * little[i].Drawn.Frechet), what);
            }
        }
    }

    static float[] Floats(PictureBytes pictures, int index) => ImageTransform.ToFloats(pictures.ToImage(index));

    static string SourcePath([CallerFilePath] string path = "") => path;
}
