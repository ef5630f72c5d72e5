using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Captions to numbers and back, by whole words. A caption is put in lower case (invariant) and cut thus:
/// letters, marks and digits of any script run together as a word; an apostrophe or a hyphen between two of them stays inside the word
/// (<c>don't</c>, <c>t-shirt</c>; curly apostrophes and the non-breaking hyphen become the plain ones); white space and control characters separate;
/// zero-width characters and variation selectors vanish; each other character (punctuation, symbols, emoji) is a word of its own.
/// Unicode normalisation is not applied. Immutable and thread-safe.
/// </summary>
public sealed class WordTokenizer(Vocabulary vocabulary)
{
    /// <summary>The words and their numbers.</summary>
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>Cuts a caption into words; an empty or blank caption has none.</summary>
    public static IReadOnlyList<string> Split(string caption)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        Rune joint = default;
        void Finish()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
            if (joint != default)
            {
                words.Add(joint.ToString());
                joint = default;
            }
        }
        foreach (var original in caption.EnumerateRunes())
        {
            var rune = Plain(Rune.ToLowerInvariant(original));
            if (Vanishes(rune))
            {
                continue;
            }
            if (Rune.IsLetterOrDigit(rune) || IsMark(rune))
            {
                if (joint != default)
                {
                    word.Append(joint.ToString());
                    joint = default;
                }
                word.Append(rune.ToString());
            }
            else if (rune.Value is '\'' or '-' && word.Length > 0 && joint == default)
            {
                joint = rune;
            }
            else
            {
                Finish();
                if (!Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune))
                {
                    words.Add(rune.ToString());
                }
            }
        }
        Finish();
        return words;
    }

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
        {
            ids[i + marks / 2] = Vocabulary.IdOf(words[i]);
        }
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
        foreach (int id in ids)
        {
            if (id < 0 || id >= Vocabulary.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"the vocabulary has the numbers 0 to {Vocabulary.Count - 1}");
            }
            if (id == Vocabulary.Eos)
            {
                break;
            }
            if (id is Vocabulary.Pad or Vocabulary.Bos)
            {
                continue;
            }
            string word = Vocabulary.Words[id];
            if (text.Length > 0 && word is not ("," or "." or ";" or ":" or "!" or "?" or ")" or "%"))
            {
                text.Append(' ');
            }
            text.Append(word);
        }
        return text.ToString();
    }

    /// <summary>The caption's words that the vocabulary lacks, each once, in their order.</summary>
    public IReadOnlyList<string> UnknownWords(string caption) => [.. Split(caption).Where(word => !Vocabulary.Contains(word)).Distinct(StringComparer.Ordinal)];

    private static Rune Plain(Rune rune) => rune.Value switch
    {
        0x2018 or 0x2019 or 0x02BC => new Rune('\''),
        0x2010 or 0x2011 => new Rune('-'),
        _ => rune,
    };

    private static bool Vanishes(Rune rune) =>
        rune.Value is >= 0xFE00 and <= 0xFE0F or >= 0xE0100 and <= 0xE01EF || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
