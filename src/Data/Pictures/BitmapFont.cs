namespace Dalle2.Data.Pictures;

/// <summary>
/// A small fixed-width font for captions in pictures: the printable ASCII characters, 5 pixels wide, 7 above the base line and 2 below.
/// Any other character is shown as a box.
/// </summary>
public static class BitmapFont
{
    /// <summary>Pixels from one character to the next, unscaled.</summary>
    public const int Advance = 6;

    /// <summary>Pixels from one line to the next, unscaled.</summary>
    public const int LineHeight = 11;

    const int GlyphWidth = 5;
    const int GlyphHeight = 9;

    // Nine digits a character, one for each row from the top; a digit (0-9, a-v) is the row's five pixels, the leftmost being 16.
    const string Glyphs =
        "000000000444440400aaa000000aavavaa004fke5u400op248j300cik8lid00444000000" +   //    ! " # $ % & '
        "24888420084222480004lel4000044v44000000006240000v0000000000cc0001248g000" +   //  ( ) * + , - . /
        "ehjlphe004c4444e00eh1248v00v2421he0026aiv2200vgu11he0068guhhe00v12488800" +   //  0 1 2 3 4 5 6 7
        "ehhehhe00ehhf12c000cc0cc0000cc0c4800248g8420000v0v0000842124800eh1240400" +   //  8 9 : ; < = > ?
        "ehnlmge00ehhvhhh00uhhuhhu00ehggghe00sihhhis00vgguggv00vgguggg00ehgnhhf00" +   //  @ A B C D E F G
        "hhhvhhh00e44444e0072222ic00hikokih00ggggggv00hrllhhh00hhpljhh00ehhhhhe00" +   //  H I J K L M N O
        "uhhuggg00ehhhlid00uhhukih00fgge11u00v44444400hhhhhhe00hhhhha400hhhllrh00" +   //  P Q R S T U V W
        "hha4ahh00hha444400v1248gv00e88888e000g8421000e22222e004ah0000000000000v0" +   //  X Y Z [ \ ] ^ _
        "84200000000e1fhf00ggmphhu0000egghe0011djhhf0000ehvge00698s8880000fhhhf1e" +   //  ` a b c d e f g
        "ggmphhh0040c444e002062222icggikoki00c44444e0000qllll0000mphhh0000ehhhe00" +   //  h i j k l m n o
        "00uhhhugg00fhhhf1100mpggg0000fge1u0088s88960000hhhjd0000hhha40000hhlla00" +   //  p q r s t u v w
        "00ha4ah0000hhhhf1e00v248v00244844200444444400844244800009li0000";             //  x y z { | } ~

    const string Box = "vhhhhhv00";

    /// <summary>Pixels that a line takes; the gap behind the last character is left out.</summary>
    public static int WidthOf(string text, int scale = 1) =>
        text.Length == 0 ? 0 : scale * (text.Length * Advance - (Advance - GlyphWidth));

    /// <summary>Draws one line; what lies outside the picture is cut off.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="text">The characters.</param>
    /// <param name="left">Where the first character begins, in pixels.</param>
    /// <param name="top">Where its highest row is; the base line is 7 * scale below.</param>
    /// <param name="color">R, G, B; the pixels become opaque.</param>
    /// <param name="scale">The side of one font pixel, 1 by default.</param>
    public static void Draw(Image image, string text, int left, int top, (byte R, byte G, byte B) color, int scale = 1)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        for (int i = 0; i < text.Length; i++)
        {
            ReadOnlySpan<char> glyph = text[i] is >= ' ' and <= '~' ? Glyphs.AsSpan(GlyphHeight * (text[i] - ' '), GlyphHeight) : Box;
            for (int row = 0; row < GlyphHeight; row++)
            {
                int bits = glyph[row] <= '9' ? glyph[row] - '0' : glyph[row] - 'a' + 10;
                for (int column = 0; column < GlyphWidth; column++)
                {
                    if ((bits >> (GlyphWidth - 1 - column) & 1) != 0)
                        Fill(image, left + scale * (i * Advance + column), top + scale * row, scale, scale, color);
                }
            }
        }
    }

    /// <summary>Breaks a text at its spaces into lines of at most <paramref name="columns"/> characters; a longer word is broken inside.</summary>
    public static IReadOnlyList<string> Wrap(string text, int columns)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        var lines = new List<string>();
        string line = "";
        foreach (string part in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string word = part;
            if (line.Length > 0 && line.Length + 1 + word.Length <= columns)
            {
                line += " " + word;
                continue;
            }

            if (line.Length > 0)
                lines.Add(line);

            for (; word.Length > columns; word = word[columns..])
                lines.Add(word[..columns]);

            line = word;
        }

        if (line.Length > 0)
            lines.Add(line);

        return lines;
    }

    internal static void Fill(Image image, int left, int top, int width, int height, (byte R, byte G, byte B) color)
    {
        for (int y = Math.Max(top, 0); y < Math.Min(top + height, image.Height); y++)
        {
            for (int x = Math.Max(left, 0); x < Math.Min(left + width, image.Width); x++)
            {
                Span<byte> pixel = image.Pixel(x, y);
                (pixel[0], pixel[1], pixel[2], pixel[3]) = (color.R, color.G, color.B, 255);
            }
        }
    }
}
