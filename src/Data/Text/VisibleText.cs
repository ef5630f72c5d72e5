using System.Globalization;
using System.Text;

namespace Dalle2.Data.Text;

/// <summary>
/// Text that comes from files or from a person, made fit to be shown: control characters, which a terminal would obey, and characters that turn the direction of
/// writing around stand as what they are called. Everything else stays.
/// </summary>
public static class VisibleText
{
    /// <summary>The text with <c>\e</c>, <c>\n</c>, <c>\u202E</c>... in place of such characters.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(IsHidden))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (char letter in text)
        {
            if (!IsHidden(letter))
                shown.Append(letter);
            else
                shown.Append(letter switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    '\e' => "\\e",
                    _ => $"\\u{(int)letter:X4}",
                });
        }

        return shown.ToString();
    }

    /// <summary>The same of each line of a text of several.</summary>
    public static string OfLines(string text) => text.Contains('\n', StringComparison.Ordinal) ? string.Join('\n', text.Split('\n').Select(Of)) : Of(text);

    static bool IsHidden(char letter) =>
        char.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C';
}
