using Dalle2.Data.Sets;

namespace Dalle2.Data.Emoji;

/// <summary>
/// Which emoji are hidden from training, each to ask one question: a subject never seen, a gender, a tone, a pair of tones, or a style never seen for a subject.
/// FNV-1a-32 of UTF-8 texts decides; the first rule that matches counts. The rules are written out in <c>data/emoji.md</c>.
/// </summary>
sealed class EmojiSplitRule
{
    public static readonly string[] Splits = ["train", "test-novel", "test-gender", "test-tone", "test-tonepair", "test-style"];

    static readonly string[] Tones = ["1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"];

    readonly HashSet<string> bothGenders;

    /// <summary>The names of all items decide which subjects exist with both genders.</summary>
    public EmojiSplitRule(IEnumerable<string> names)
    {
        var subjects = names.Select(Gendered).Where(g => g.Subject.Length > 0).ToHashSet();
        bothGenders = [.. subjects.Where(g => subjects.Contains((!g.Woman, g.Subject))).Select(g => g.Subject)];
    }

    public string Split(EmojiItem item)
    {
        if (Fnv1a.Hash32("novel:" + item.Base) % 100 < 3)
            return "test-novel";
        var (woman, subject) = Gendered(item.Name);
        if (bothGenders.Contains(subject) && Fnv1a.Hash32("gender:" + subject) % 100 < 15
            && woman == (Fnv1a.Hash32("g2:" + subject) % 2 == 1))
        {
            return "test-gender";
        }

        if (item.Tone.Length > 0)
        {
            int tone = Array.IndexOf(Tones, item.Tone);
            return tone >= 0
                ? tone == (int)(Fnv1a.Hash32("tone:" + item.Base) % 5) ? "test-tone" : "train"
                : Fnv1a.Hash32($"pair:{item.Base}:{item.Tone}") % 5 == 0 ? "test-tonepair" : "train";
        }
        bool hidden = item.Category != "Flags" && Fnv1a.Hash32("style:" + item.Base) % 100 < 8
            && item.Vendor == (Fnv1a.Hash32("s2:" + item.Base) % 2 == 1 ? "google" : "twitter");
        return hidden ? "test-style" : "train";
    }

    // "woman running: dark skin tone" is (true, "running"); other names have an empty subject.
    static (bool Woman, string Subject) Gendered(string name)
    {
        string subject = name.Split(':')[0].Trim();
        foreach (var (start, woman) in new[] { ("man ", false), ("men ", false), ("woman ", true), ("women ", true) })
        {
            if (subject.StartsWith(start, StringComparison.Ordinal))
                return (woman, subject[start.Length..]);
        }
        return (false, "");
    }
}
