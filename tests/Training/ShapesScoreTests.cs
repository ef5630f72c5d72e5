using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;
using Dalle2.Training.Scores;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class ShapesScoreTests
{
    const int Side = 32;

    static readonly ShapesScore One = new(1, Side);
    static readonly ShapesScore Two = new(2, Side);

    static double[] Values(EvaluationResult result) => [.. result.Attributes.Select(pair => pair.Value.Value)];

    static double[] Values(IReadOnlyList<KeyValuePair<string, double>> table) => [.. table.Select(pair => pair.Value)];

    [TestCase(0.0)]
    [TestCase(0.1)]
    public void The_ceiling_on_real_jittered_pictures_is_nearly_one(double noise)
    {
        foreach ((ShapesScore score, int tier) in new[] { (One, 1), (Two, 2) })
        {
            var data = new ShapesDataSet(tier, new DataSetOptions { HeldOutCount = 300 });
            var (pictures, scenes) = score.RealPictures(data, "held-out", 300, noise);
            Assert.That(score.Shares(pictures, scenes), Is.All.AtLeast(0.985), $"tier {tier}, noise {noise}");
        }
    }

    [Test]
    public void The_ceiling_holds_at_64_pixels()
    {
        var data = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 60 });
        var score = new ShapesScore(1, 64);
        var (pictures, scenes) = score.RealPictures(data, "held-out", 60, 0.1);
        Assert.That(score.Shares(pictures, scenes), Is.All.AtLeast(0.98));
    }

    [Test]
    public void A_pair_is_read_back_at_the_smallest_side()
    {
        // Where the masks of a pair would spill over first.
        var score = new ShapesScore(2, SceneRenderer.MinSide);
        Scene[] scenes = [.. Enumerable.Range(0, 64).Select(SceneCatalog.Two.HeldOut)];
        float[][] pictures = [.. scenes.Select(scene =>
        {
            float[] picture = new float[3 * SceneRenderer.MinSide * SceneRenderer.MinSide];
            SceneRenderer.Render(scene, SceneRenderer.MinSide, default, picture);
            return picture;
        })];
        Assert.That(score.Shares(pictures, scenes), Is.All.EqualTo(1));
    }

    [Test]
    public void The_match_is_the_nearest_of_literal_renderings()
    {
        // The definition, without masks and sums: render every combination with every jitter of the search and compare pixels.
        const int side = 16;
        double[] thirds = [-2.0 / 3, 0, 2.0 / 3];
        var data = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 3 });
        var (pictures, _) = new ShapesScore(1, side).RealPictures(data, "held-out", 3, noise: 0.3);
        var matcher = new SceneMatcher(1, side);
        var least = new double[pictures.Count];
        var nearest = new Scene[pictures.Count];
        Array.Fill(least, double.PositiveInfinity);
        float[] rendering = new float[3 * side * side];
        for (int i = 0; i < SceneCatalog.One.Count; i++)
        {
            Scene scene = SceneCatalog.One[i];
            foreach (double growth in thirds)
            {
                foreach (double dx in thirds)
                {
                    foreach (double dy in thirds)
                    {
                        SceneRenderer.Render(scene, side, new SceneJitter(new ShapeJitter(dx * 0.03, dy * 0.03, growth * 0.08)), rendering);
                        for (int p = 0; p < pictures.Count; p++)
                        {
                            double distance = 0;
                            for (int j = 0; j < rendering.Length; j++)
                            {
                                double difference = pictures[p][j] - rendering[j];
                                distance += difference * difference;
                            }

                            if (distance < least[p])
                                (least[p], nearest[p]) = (distance, scene);
                        }
                    }
                }
            }
        }

        Assert.That(pictures.Select(picture => matcher.Match(picture)), Is.EqualTo(nearest));
    }

    [Test]
    public void Pictures_of_other_scenes_score_at_chance()
    {
        foreach ((ShapesScore score, int tier) in new[] { (One, 1), (Two, 2) })
        {
            var data = new ShapesDataSet(tier, new DataSetOptions { HeldOutCount = 400, Count = 400 });
            var (pictures, _) = score.RealPictures(data, "train", 400);
            Scene[] captions = [.. Enumerable.Range(0, 400).Select(i => data.Scene("held-out", i))];
            EvaluationResult result = score.Evaluate("held-out", pictures, captions);
            double[] values = Values(result), chance = Values(result.Chance), shuffled = Values(result.Shuffled);
            for (int i = 0; i < values.Length; i++)
            {
                // Four standard errors of 400 pictures; the shuffled control averages over 160,000 pairs.
                Assert.That(values[i], Is.EqualTo(chance[i]).Within(4 * Math.Sqrt(chance[i] * (1 - chance[i]) / 400) + 0.0025),
                    score.AttributeNames[i]);
                Assert.That(shuffled[i], Is.EqualTo(chance[i]).Within(0.03), score.AttributeNames[i]);
            }
        }
    }

    [Test]
    public void The_shuffled_control_falls_to_chance_for_perfect_pictures()
    {
        var data = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 200 });
        var real = One.RealPictures(data, "held-out", 200);
        EvaluationResult result = One.Evaluate("held-out", real.Pictures, real.Scenes, real);
        Assert.That(Values(result), Is.All.AtLeast(0.99));
        Assert.That(Values(result.Ceiling), Is.EqualTo(Values(result)));
        double[] chance = Values(result.Chance), shuffled = Values(result.Shuffled);
        for (int i = 0; i < chance.Length; i++)
            Assert.That(shuffled[i], Is.EqualTo(chance[i]).Within(0.02), One.AttributeNames[i]);
    }

    [Test]
    public void Each_attribute_is_judged_by_itself()
    {
        var said = new Scene(Background.Navy, new ShapeObject(ShapeKind.Star, ShapeColor.Red, ShapeSize.Small, Place.TopLeft));
        Scene[] shown =
        [
            said,
            said with { First = said.First with { Shape = ShapeKind.Ring } },
            said with { First = said.First with { Color = ShapeColor.Cyan } },
            said with { First = said.First with { Size = ShapeSize.Large } },
            said with { First = said.First with { Place = Place.Center } },
            said with { Background = Background.Gray },
        ];
        for (int wrong = 0; wrong < shown.Length; wrong++)
        {
            double[] shares = One.Shares([Render(shown[wrong])], [said]);
            Assert.That(shares, Is.EqualTo(new double[]
            {
                wrong == 1 ? 0 : 1, wrong == 2 ? 0 : 1, wrong == 3 ? 0 : 1, wrong == 4 ? 0 : 1, wrong == 5 ? 0 : 1, wrong > 0 ? 0 : 1,
            }), $"{shown[wrong].Caption}");
        }
    }

    [Test]
    public void A_pair_means_the_same_both_ways_round()
    {
        Scene above = Scene.Pair(Background.Gray, ShapeKind.Star, ShapeColor.Red, ShapeSize.Small, Relation.Above, ShapeKind.Ring,
            ShapeColor.Blue, ShapeSize.Large);
        Scene below = Scene.Pair(Background.Gray, ShapeKind.Ring, ShapeColor.Blue, ShapeSize.Large, Relation.Below, ShapeKind.Star,
            ShapeColor.Red, ShapeSize.Small);
        Scene turned = Scene.Pair(Background.Gray, ShapeKind.Ring, ShapeColor.Blue, ShapeSize.Large, Relation.Above, ShapeKind.Star,
            ShapeColor.Red, ShapeSize.Small);
        Scene swapped = Scene.Pair(Background.Gray, ShapeKind.Star, ShapeColor.Blue, ShapeSize.Small, Relation.Above, ShapeKind.Ring,
            ShapeColor.Red, ShapeSize.Large);
        Assert.That(Two.Shares([Render(above)], [above]), Is.All.EqualTo(1));
        Assert.That(Two.Shares([Render(above)], [below]), Is.All.EqualTo(1));

        // Only the relation is wrong: shape, color and size belong to the right objects.
        Assert.That(Two.Shares([Render(turned)], [above]), Is.EqualTo(new double[] { 1, 1, 1, 0, 1, 0 }));

        // Colors bound to the wrong objects.
        Assert.That(Two.Shares([Render(swapped)], [above]), Is.EqualTo(new double[] { 1, 0, 1, 1, 1, 0 }));
    }

    [Test]
    public void Chance_of_a_pair_follows_from_counting()
    {
        // Two equal shapes cannot be told apart, so every picture is read in one way only: 1/64, and relation 1/2 of the axis that matches.
        Scene twins = Scene.Pair(Background.Black, ShapeKind.Star, ShapeColor.Red, ShapeSize.Small, Relation.LeftOf, ShapeKind.Star,
            ShapeColor.Red, ShapeSize.Small);
        EvaluationResult result = Two.Evaluate("x", [Render(twins)], [twins]);
        Assert.That(Values(result.Chance), Is.EqualTo(new[] { 1 / 64.0, 1 / 64.0, 1 / 4.0, 1 / 2.0, 1 / 3.0, 2 / 196608.0 }).Within(1e-12));
    }

    [Test]
    public void Pictures_that_show_nothing_finite_are_wrong_and_sizes_are_checked()
    {
        Scene said = SceneCatalog.One[7];
        float[] broken = Render(said);
        broken[100] = float.NaN;
        Assert.That(One.Shares([broken], [said]), Is.All.Zero);
        Assert.That(() => One.Shares([], []), Throws.ArgumentException);
        Assert.That(() => One.Shares([Render(said)], [said, said]), Throws.ArgumentException);
        Assert.That(() => new SceneMatcher(1, Side).Match(new float[12]), Throws.ArgumentException);
    }

    [Test]
    public void The_noise_of_real_pictures_is_normal()
    {
        const double Deviation = 0.5;
        var data = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 20 });
        var (clean, _) = One.RealPictures(data, "held-out", 20);
        var (noisy, _) = One.RealPictures(data, "held-out", 20, Deviation);
        double[] noise = [.. noisy.SelectMany((picture, i) => picture.Select((value, j) => (value - (double)clean[i][j]) / Deviation))];
        // Within four of their own deviations, at 61,440 values; the shares are those of the normal table.
        double room = 4 / Math.Sqrt(noise.Length);
        Assert.That(noise.Average(), Is.Zero.Within(room));
        Assert.That(noise.Average(z => z * z), Is.EqualTo(1).Within(Math.Sqrt(2) * room));
        foreach ((double z, double share) in new[] { (-2.0, 0.0227501), (-1.0, 0.1586553), (0.0, 0.5), (1.0, 0.8413447), (2.0, 0.9772499) })
        {
            Assert.That(noise.Count(value => value < z) / (double)noise.Length,
                Is.EqualTo(share).Within(room * Math.Sqrt(share * (1 - share))), $"below {z}");
        }
    }

    [Test]
    public void The_result_does_not_depend_on_the_number_of_threads()
    {
        var data = new ShapesDataSet(1, new DataSetOptions { HeldOutCount = 64 });
        var (pictures, scenes) = One.RealPictures(data, "held-out", 64, noise: 0.8);
        string Json(int threads) => new ShapesScore(1, Side, threads).Evaluate("held-out", pictures, scenes).ToJson().ToJsonString();
        Assert.That(Json(1), Is.EqualTo(Json(3)));
    }

    [Test]
    public void The_json_has_the_documented_keys()
    {
        Scene said = SceneCatalog.One[7];
        string json = One.Evaluate("held-out", [Render(said)], [said]).ToJson().ToJsonString();
        Assert.That(json, Does.StartWith("""{"split":"held-out","n":1,"attributes":{"shape":{"value":1,"low":0.20654"""));
        Assert.That(json,
            Does.EndWith(""","shuffled":{"shape":null,"colour":null,"size":null,"place":null,"background":null,"all":null}}"""));
        Assert.That(json, Does.Contain(""","chance":{"shape":0.125,"colour":0.125,"size":0.5,"""));
    }

    static float[] Render(Scene scene)
    {
        float[] picture = new float[3 * Side * Side];
        SceneRenderer.Render(scene, Side, default, picture);
        return picture;
    }
}
