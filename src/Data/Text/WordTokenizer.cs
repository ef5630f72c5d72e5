using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Captions to numbers and back, by whole words. A caption is composed (<see cref="ComposedText"/>), put in lower case and cut thus:
/// letters, marks and digits run together as a word; an apostrophe or a hyphen between two of them stays inside the word (<c>don't</c>,
/// <c>t-shirt</c>; curly apostrophes and the non-breaking hyphen become the plain ones); white space and control characters separate;
/// zero-width characters and variation selectors vanish; each other character (punctuation, symbols, emoji) is a word of its own, and so is
/// each character, with its marks, of the scripts that put no spaces between words. Immutable and thread-safe.
/// </summary>
public sealed class WordTokenizer(Vocabulary vocabulary)
{
    /// <summary>The words and their numbers.</summary>
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>Cuts a caption into words; an empty or blank caption has none.</summary>
    public static IReadOnlyList<string> Split(string caption)
    {
        var cutter = new WordCutter();
        foreach (var rune in ComposedText.Compose(LowerCase.Of(ComposedText.Compose(Plain(caption)))).EnumerateRunes())
            cutter.Add(rune);
        return cutter.Finish();
    }

    /// <summary>Whether the text has a word that is more than punctuation: a letter, a digit, or a symbol such as an emoji.</summary>
    public static bool HasWords(string text) => text.EnumerateRunes().Any(rune => Rune.IsLetterOrDigit(rune) || Rune.IsSymbol(rune));

    /// <summary>The caption's numbers, unpadded, at most <paramref name="maxLength"/>; with <paramref name="markEnds"/> they begin with bos and end with eos.</summary>
    public int[] Encode(string caption, int maxLength, bool markEnds = false) => Encode(caption, maxLength, markEnds, out _);

    /// <summary>As <see cref="Encode(string, int, bool)"/>, and says whether words were cut off at the end. With marked ends the last number stays eos.</summary>
    public int[] Encode(string caption, int maxLength, bool markEnds, out bool truncated)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, markEnds ? 2 : 1);
        var words = Split(caption);
        int marks = markEnds ? 2 : 0, kept = Math.Min(words.Count, maxLength - marks);
        truncated = kept < words.Count;
        var ids = new int[kept + marks];
        for (int i = 0; i < kept; i++)
            ids[i + marks / 2] = Vocabulary.IdOf(words[i]);
        if (markEnds)
        {
            ids[0] = Vocabulary.Bos;
            ids[^1] = Vocabulary.Eos;
        }
        return ids;
    }

    /// <summary>The words of the numbers, up to the first eos; pad and bos are left out. Closing punctuation joins the word before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        string before = "";
        foreach (int id in ids)
        {
            if (id < 0 || id >= Vocabulary.Count)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"the vocabulary has the numbers 0 to {Vocabulary.Count - 1}");
            if (id == Vocabulary.Eos)
                break;
            if (id is Vocabulary.Pad or Vocabulary.Bos)
                continue;
            string word = Vocabulary.Words[id];
            if (text.Length > 0 && !IsJoined(before, word))
                text.Append(' ');
            text.Append(word);
            before = word;
        }
        return text.ToString();
    }

    /// <summary>How a model of this length reads a prompt: what is known, unknown, and cut off.</summary>
    public PromptReading Read(string prompt, int maxLength)
    {
        var words = Split(prompt);
        string[] read = [.. words.Take(maxLength)];
        string[] unknown = [.. read.Where(word => !Vocabulary.Contains(word)).Distinct(StringComparer.Ordinal)];
        return new PromptReading(Encode(prompt, maxLength), read, unknown, [.. words.Skip(maxLength)]);
    }

    /// <summary>The caption's words that the vocabulary lacks, each once, in their order.</summary>
    public IReadOnlyList<string> UnknownWords(string caption) =>
        [.. Split(caption).Where(word => !Vocabulary.Contains(word)).Distinct(StringComparer.Ordinal)];

    // Apostrophes and hyphens of one kind, and nothing of no width.
    static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Vanishes(rune))
                plain.Append(rune.Value switch { 0x2018 or 0x2019 or 0x02BC => "'", 0x2010 or 0x2011 => "-", _ => rune.ToString() });
        }
        return plain.ToString();
    }

    static bool Vanishes(Rune rune) =>
        rune.Value is >= 0xFE00 and <= 0xFE0F or >= 0xE0100 and <= 0xE01EF || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;

    // Closing punctuation joins what is before it, and where there are no spaces none are made.
    static bool IsJoined(string before, string word) =>
        word is "," or "." or ";" or ":" or "!" or "?" or ")" or "%" || (IsSpaceless(before) && IsSpaceless(word));

    // Chinese and Japanese punctuation has its space within it.
    static bool IsSpaceless(string word) =>
        SpacelessScript.Has(word) || word[0] is (>= '\u3001' and <= '\u301F') or (>= '\uFF01' and <= '\uFF5E');
}
