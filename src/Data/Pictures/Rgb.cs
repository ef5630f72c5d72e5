using System.Globalization;

namespace Dalle2.Data.Pictures;

/// <summary>An sRGB color of three bytes.</summary>
public readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    static readonly (string Name, Rgb Color)[] Named =
    [
        ("white", new(255, 255, 255)), ("black", new(0, 0, 0)), ("gray", new(128, 128, 128)), ("silver", new(192, 192, 192)),
        ("red", new(255, 0, 0)),
        ("green", new(0, 128, 0)), ("blue", new(0, 0, 255)), ("yellow", new(255, 255, 0)), ("navy", new(0, 0, 128)),
        ("beige", new(245, 245, 220)),
    ];

    /// <summary>White, which paper is.</summary>
    public static Rgb White => new(255, 255, 255);

    /// <summary>The color of <c>#rrggbb</c> or of a name as in CSS.</summary>
    /// <exception cref="UserInputException">It is neither; the message has the names.</exception>
    public static Rgb Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var (name, color) in Named)
        {
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                return color;
        }
        return text.Length == 7 && text[0] == '#'
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            ? new Rgb((byte)(value >> 16), (byte)(value >> 8), (byte)value)
            : throw new UserInputException(
                $"'{VisibleText.Of(text)}' is no color: write #rrggbb, or one of {string.Join(", ", Named.Select(one => one.Name))}.");
    }

    /// <summary>The color as <c>#rrggbb</c>.</summary>
    public override string ToString() => $"#{Red:x2}{Green:x2}{Blue:x2}";
}
