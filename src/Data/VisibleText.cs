using System.Globalization;
using System.Text;

namespace Dalle2.Data;

/// <summary>Text of strangers (captions, file names, chunks of pictures) for a message or a terminal, where it must not act.</summary>
public static class VisibleText
{
    /// <summary>
    /// The text with every control character written out: <c>\n</c>, <c>\t</c>, <c>\u001B</c>; so are line separators, marks that turn the
    /// direction of writing, and halves of surrogate pairs. Other text is as it was, invisible joiners of emoji and of scripts among it.
    /// </summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(c => IsHidden(c) || char.IsSurrogate(c)))
            return text;
        var visible = new StringBuilder(text.Length + 16);
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            if (char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                visible.Append(c).Append(text[++at]);
            }
            else if (IsHidden(c) || char.IsSurrogate(c))
            {
                visible.Append(c switch
                {
                    '\n' => @"\n",
                    '\r' => @"\r",
                    '\t' => @"\t",
                    _ => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)c:X4}"),
                });
            }
            else
            {
                visible.Append(c);
            }
        }
        return visible.ToString();
    }

    /// <summary>The same of each line of a text of several.</summary>
    public static string OfLines(string text) => string.Join('\n', text.Split('\n').Select(Of));

    // The marks of direction would let a name read as another one.
    static bool IsHidden(char c) => char.IsControl(c) || c is '\u061C' or '\u200E' or '\u200F' or '\u2028' or '\u2029' or '\uFEFF'
        or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
