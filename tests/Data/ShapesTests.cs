using Dalle2.Data;
using Dalle2.Data.Sets;
using Dalle2.Data.Shapes;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class ShapesTests
{
    static readonly SceneCatalog[] Catalogs = [SceneCatalog.One, SceneCatalog.Two];

    [Test]
    public void The_tiers_have_the_stated_number_of_different_combinations()
    {
        Assert.That(Enumerable.Range(0, SceneCatalog.One.Count).Select(i => SceneCatalog.One[i]).Distinct().Count(),
            Is.EqualTo(3 * 8 * 8 * 2 * 9));
        Assert.That(Enumerable.Range(0, SceneCatalog.Two.Count).Select(i => SceneCatalog.Two[i]).Distinct().Count(),
            Is.EqualTo(196_608));
    }

    [Test]
    public void Captions_read_as_English_and_parse_back()
    {
        var star = new Scene(Background.Navy, new ShapeObject(ShapeKind.Star, ShapeColor.Red, ShapeSize.Small, Place.TopLeft));
        Assert.That(star.Caption, Is.EqualTo("a small red star at the top left on a navy background"));
        var pair = Scene.Pair(Background.Black, ShapeKind.Star, ShapeColor.Red, ShapeSize.Small, Relation.LeftOf, ShapeKind.Circle,
            ShapeColor.Blue, ShapeSize.Large);
        Assert.That(pair.Caption, Is.EqualTo("a small red star left of a large blue circle on a black background"));
        Assert.That(pair.Relation, Is.EqualTo(Relation.LeftOf));
        foreach (var catalog in Catalogs)
        {
            for (int i = 0; i < catalog.Count; i += catalog.Tier == 1 ? 1 : 37)
            {
                Assert.That(SceneCaption.TryParse(catalog[i].Caption, out var parsed), Is.True, catalog[i].Caption);
                Assert.That(parsed, Is.EqualTo(catalog[i]));
            }
        }
    }

    [TestCase("")]
    [TestCase("a small red star")]
    [TestCase("a small red star at the top left on a navy background now")]
    [TestCase("a small pink star at the top left on a navy background")]
    [TestCase("a small red star at the left top on a navy background")]
    [TestCase("a small red star above a circle on a navy background")]
    public void Other_sentences_do_not_parse(string caption) => Assert.That(SceneCaption.TryParse(caption, out _), Is.False);

    [Test]
    public void Case_and_spacing_do_not_matter() =>
        Assert.That(SceneCaption.TryParse(" A  Large white RING at the\tbottom on a gray background", out _), Is.True);

    [Test]
    public void A_fifth_is_held_out_and_never_drawn_for_training([Values(1, 2)] int tier)
    {
        var catalog = Catalogs[tier - 1];
        Assert.That((double)catalog.HeldOutCount / catalog.Count, Is.EqualTo(0.2).Within(0.02));
        Assert.That(catalog.TrainCount + catalog.HeldOutCount, Is.EqualTo(catalog.Count));
        var set = new ShapesDataSet(tier, new DataSetOptions { Seed = 5, Count = 5_000 });
        for (int i = 0; i < set.Count("train"); i++)
        {
            // The rule, written out: FNV-1a-32 of the caption.
            uint hash = 2166136261;
            foreach (char c in set.Caption("train", i))
                hash = unchecked((hash ^ c) * 16777619);
            Assert.That(hash % 5, Is.Not.Zero, set.Caption("train", i));
        }
        var heldOut = Enumerable.Range(0, set.Count("held-out")).Select(i => set.Scene("held-out", i)).ToList();
        Assert.That(heldOut.Distinct().Count(), Is.EqualTo(heldOut.Count));
        Assert.That(heldOut.All(SceneCatalog.IsHeldOut), Is.True);
    }

    [Test]
    public void Each_value_of_each_attribute_is_held_out_about_as_often()
    {
        var all = Enumerable.Range(0, SceneCatalog.One.HeldOutCount).Select(SceneCatalog.One.HeldOut).ToList();
        double n = all.Count;
        void Balanced<T>(Func<Scene, T> of, int values)
        {
            var counts = all.GroupBy(of).Select(g => g.Count()).ToList();
            Assert.That(counts, Has.Count.EqualTo(values));
            Assert.That(counts, Has.All.InRange(0.6 * n / values, 1.5 * n / values), typeof(T).Name);
        }
        Balanced(s => s.Background, 3);
        Balanced(s => s.First.Shape, 8);
        Balanced(s => s.First.Color, 8);
        Balanced(s => s.First.Size, 2);
        Balanced(s => s.First.Place, 9);
    }

    [Test]
    public void A_sample_depends_on_seed_split_and_index_only([Values(1, 2)] int tier)
    {
        var a = new ShapesDataSet(tier, new DataSetOptions { Seed = 1, Count = 100 });
        var b = new ShapesDataSet(tier, new DataSetOptions { Seed = 1, Count = 1_000 });
        var other = new ShapesDataSet(tier, new DataSetOptions { Seed = 2, Count = 100 });
        for (int i = 99; i >= 0; i--)
            Assert.That((b.Scene("train", i), b.Jitter("train", i)), Is.EqualTo((a.Scene("train", i), a.Jitter("train", i))));
        Assert.That(Enumerable.Range(0, 100).Count(i => other.Jitter("train", i) == a.Jitter("train", i)), Is.Zero);
        Assert.That(Enumerable.Range(0, 100).Count(i => a.Jitter("held-out", i) == a.Jitter("train", i)), Is.Zero);
    }

    [Test]
    public void Jitter_fills_its_range_evenly()
    {
        var set = new ShapesDataSet(2, new DataSetOptions { Count = 4_000 });
        var jitter = Enumerable.Range(0, 4_000).Select(i => set.Jitter("train", i)).ToList();
        foreach (var (pick, limit) in new (Func<SceneJitter, double>, double)[]
            { (j => j.First.Dx, .03), (j => j.First.Dy, .03), (j => j.First.Radius, .08), (j => j.Second.Dx, .03), (j => j.Second.Dy, .03),
            (j => j.Second.Radius, .08) })
        {
            var values = jitter.Select(pick).ToList();
            Assert.That(values, Has.All.InRange(-limit, limit));
            // Uniform: mean 0 with standard error limit / sqrt(3 * 4000), mean square limit^2 / 3.
            Assert.That(values.Average(), Is.EqualTo(0).Within(5 * limit / Math.Sqrt(12_000)));
            Assert.That(values.Average(v => v * v), Is.EqualTo(limit * limit / 3).Within(0.06 * limit * limit / 3));
        }
    }

    [Test]
    public void Unknown_splits_and_counts_are_refused()
    {
        var set = new ShapesDataSet(1);
        Assert.That(() => set.Count("test"), Throws.ArgumentException.With.Message.Contains("train, held-out"));
        Assert.That(() => set.Caption("train", 6_000), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ShapesDataSet(1, new DataSetOptions { Count = 0 }), Throws.TypeOf<UserInputException>());
    }
}
