using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Unicode's full lower case, whatever the language. Beyond the letter by letter mapping of .NET: a capital sigma that ends a word becomes
/// <c>ς</c>, and the Turkish <c>İ</c> becomes <c>i</c>, as it is written there (Unicode keeps the dot as a mark, which no lower-case text
/// has).
/// </summary>
static class LowerCase
{
    const int CapitalSigma = 0x03A3, FinalSigma = 0x03C2, DottedI = 0x0130;

    public static string Of(string text)
    {
        var lower = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int length = Rune.TryGetRuneAt(text, at, out var rune) ? rune.Utf16SequenceLength : 1;
            rune = length == 1 && char.IsSurrogate(text[at]) ? Rune.ReplacementChar : rune;
            lower.Append(rune.Value switch
            {
                CapitalSigma when EndsWord(text, at) => (char)FinalSigma,
                DottedI => 'i',
                _ => Rune.ToLowerInvariant(rune).ToString(),
            });
            at += length;
        }
        return lower.ToString();
    }

    // A letter with a case before it and none behind it, whatever marks, apostrophes and points stand between.
    static bool EndsWord(string text, int at) => IsCased(text, at, -1) && !IsCased(text, at, +1);

    static bool IsCased(string text, int at, int step)
    {
        for (at += step; at >= 0 && at < text.Length; at += step)
        {
            switch (CharUnicodeInfo.GetUnicodeCategory(text[at]))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter:
                    return true;
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
                    or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol:
                    break;
                default:
                    if (text[at] is not ('\'' or '.' or ':' or '\u00B7' or '\u2019'))
                        return false;
                    break;
            }
        }
        return false;
    }
}
