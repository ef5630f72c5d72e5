using System.Text;

namespace Dalle2.Data.Text;

/// <summary>The scripts that put no spaces between words: a sentence would be one word, which no other sentence has. Their characters are
/// words instead.</summary>
static class SpacelessScript
{
    static readonly (int First, int Last)[] Blocks =
    [
        (0x0E00, 0x0EFF),       // Thai, Lao
        (0x1000, 0x109F),       // Burmese
        (0x1780, 0x17FF),       // Khmer
        (0x2E80, 0x2FDF),       // radicals
        (0x3005, 0x3007),       // iteration mark, zero
        (0x3021, 0x312F),       // numerals, Hiragana, Katakana, Bopomofo
        (0x31A0, 0x31BF),       // Bopomofo
        (0x31F0, 0x31FF),       // Katakana
        (0x3400, 0x4DBF),       // Han
        (0x4E00, 0x9FFF),       // Han
        (0xA9E0, 0xA9FF),       // Burmese
        (0xAA60, 0xAA7F),       // Burmese
        (0xF900, 0xFAFF),       // Han
        (0xFF66, 0xFF9F),       // Katakana of half width
        (0x1AFF0, 0x1B16F),     // Kana
        (0x20000, 0x3FFFF),     // Han
    ];

    /// <summary>Whether it is written in one of these scripts.</summary>
    public static bool Has(Rune rune) =>
        rune.Value >= Blocks[0].First && Blocks.Any(block => rune.Value >= block.First && rune.Value <= block.Last);

    /// <summary>Whether a word is a character of one of these scripts.</summary>
    public static bool Has(string word) => Rune.TryGetRuneAt(word, 0, out var first) && Has(first);

    /// <summary>Whether the letter belongs to the character before it: vowels and sound marks that Unicode calls letters.</summary>
    public static bool Extends(Rune rune) => rune.Value is 0x0E33 or 0x0EB3 or 0xFF9E or 0xFF9F;

    /// <summary>Whether the mark puts the next consonant below: Burmese and Khmer stacks.</summary>
    public static bool Stacks(Rune rune) => rune.Value is 0x1039 or 0x17D2;
}
