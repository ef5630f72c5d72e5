using System.Text;

namespace Dalle2.Data.Text;

/// <summary>Commands that are printed for a person to paste into a POSIX shell.</summary>
public static class ShellCommand
{
    /// <summary>A command of its words, each quoted where a shell would take it apart or put something in its place.</summary>
    public static string Of(params IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>
    /// A word as it must stand in a POSIX shell (2.2, Quoting): as it is where every character is harmless, else between single quotes; where it has control
    /// characters, which a terminal would not show, from <c>printf</c> (which drops line ends at the end of the word).
    /// </summary>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Length > 0 && word[0] is not ('~' or '=')
            && word.All(letter => char.IsLetterOrDigit(letter) || "-_./:,=+@%~".Contains(letter, StringComparison.Ordinal)))
        {
            return word;
        }

        if (VisibleText.Of(word) == word)
            return "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
        var quoted = new StringBuilder("\"$(printf '%b' '");
        foreach (byte one in Encoding.UTF8.GetBytes(word))
        {
            if (one is (byte)'\'' or (byte)'\\' or < 32 or > 126)
                quoted.Append("\\0").Append(Convert.ToString(one, 8).PadLeft(3, '0'));
            else
                quoted.Append((char)one);
        }

        return quoted.Append("')\"").ToString();
    }
}
