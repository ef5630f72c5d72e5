using Dalle2.Data.Emoji;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

/// <summary>What the split rules promise, on many invented emoji.</summary>
[TestFixture]
public sealed class EmojiSplitRuleTests
{
    static readonly string[] Vendors = ["google", "twitter"], Tones = ["1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"];

    const int Bases = 2_000;

    static EmojiItem Item(string vendor, int code, string tone, string name, string category = "People") =>
        new(vendor, $"{0x10000 + code:X}", tone, name, "", category, "", 1);

    static Dictionary<EmojiItem, string> Split(IEnumerable<EmojiItem> items)
    {
        var all = items.ToList();
        var rule = new EmojiSplitRule(all.Select(i => i.Name));
        return all.ToDictionary(i => i, rule.Split);
    }

    [TestCase("", 0x811C9DC5u)]
    [TestCase("a", 0xE40C292Cu)]
    [TestCase("foobar", 0xBF9CF968u)]
    public void The_hash_is_FNV_1a(string text, uint hash) => Assert.That(Fnv1a.Hash32(text), Is.EqualTo(hash));

    [Test]
    public void A_novel_subject_is_hidden_whole()
    {
        var splits = Split(from v in Vendors
                           from b in Enumerable.Range(0, Bases)
                           from t in new[] { "", Tones[0], Tones[4] }
                           select Item(v,
            b, t, "thing"));
        var novel = splits.GroupBy(s => s.Key.Base).Where(g => g.Any(s => s.Value == "test-novel")).ToList();
        Assert.That(novel.All(g => g.All(s => s.Value == "test-novel")), Is.True);
        Assert.That(novel.Count / (double)Bases, Is.EqualTo(0.03).Within(0.015));
    }

    [Test]
    public void One_tone_of_each_subject_is_hidden_in_both_styles()
    {
        var splits = Split(from v in Vendors from b in Enumerable.Range(0, Bases) from t in Tones select Item(v, b, t, "thing"));
        var hidden = splits.Where(s => s.Value == "test-tone").GroupBy(s => s.Key.Base).ToList();
        Assert.That(hidden.All(g => g.Count() == 2 && g.Select(s => s.Key.Tone).Distinct().Count() == 1), Is.True);
        Assert.That(hidden.Count + splits.Where(s => s.Value == "test-novel").GroupBy(s => s.Key.Base).Count(), Is.EqualTo(Bases));
        foreach (string tone in Tones)
            Assert.That(hidden.Count(g => g.First().Key.Tone == tone) / (double)hidden.Count, Is.EqualTo(0.2).Within(0.05));
    }

    [Test]
    public void A_fifth_of_the_pairs_of_tones_is_hidden()
    {
        var splits = Split(from b in Enumerable.Range(0, Bases) from t in Tones select Item("google", b, $"1F3FB-{t}", "couple"));
        Assert.That(splits.Values.Count(s => s == "test-tonepair") / (double)splits.Count, Is.EqualTo(0.2).Within(0.03));
        Assert.That(splits.Values.Distinct(), Is.EquivalentTo(new[] { "train", "test-novel", "test-tonepair" }));
    }

    [Test]
    public void A_style_is_hidden_in_one_vendor_and_never_for_flags()
    {
        var splits = Split(from v in Vendors
                           from b in Enumerable.Range(0, Bases)
                           select Item(v, b, "", "thing",
            b % 2 == 0 ? "Flags" : "Food"));
        var hidden = splits.Where(s => s.Value == "test-style").ToList();
        Assert.That(hidden.All(s => s.Key.Category == "Food"), Is.True);
        Assert.That(hidden.Select(s => s.Key.Base), Is.Unique);
        Assert.That(hidden.Count / (Bases / 2.0), Is.EqualTo(0.08).Within(0.03));
        Assert.That(hidden.Count(s => s.Key.Vendor == "google") / (double)hidden.Count, Is.EqualTo(0.5).Within(0.2));
    }

    [Test]
    public void One_gender_of_some_subjects_is_hidden_if_both_exist()
    {
        var pairs = from b in Enumerable.Range(0, Bases)
                    from g in new[] { "man", "woman" }
                    select Item("google",
            b + (g == "man" ? 0 : Bases), "", $"{g} doing {b}");
        var alone = Enumerable.Range(0, Bases).Select(b => Item("google", b + 2 * Bases, "", $"woman alone {b}: dark skin tone"));
        var splits = Split(pairs.Concat(alone));
        var hidden = splits.Where(s => s.Value == "test-gender").Select(s => s.Key.Name).ToList();
        Assert.That(hidden.Where(n => n.Contains("alone", StringComparison.Ordinal)), Is.Empty);
        var subjects = hidden.Select(n => n[n.IndexOf(' ', StringComparison.Ordinal)..]).ToList();
        Assert.That(subjects, Is.Unique);
        // 3 % of them are novel before.
        Assert.That(hidden.Count / (double)Bases, Is.EqualTo(0.145).Within(0.03));
        Assert.That(hidden.Count(n => n.StartsWith("man", StringComparison.Ordinal)) / (double)hidden.Count, Is.EqualTo(0.5).Within(0.15));
    }
}
