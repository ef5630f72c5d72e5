using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>Lays pictures out in rows with their captions beneath, on a light ground, as one picture.</summary>
public static class ContactSheet
{
    static readonly (byte R, byte G, byte B) Paper = (250, 250, 248);
    static readonly (byte R, byte G, byte B) Ink = (32, 34, 40);
    static readonly (byte R, byte G, byte B) Faint = (120, 124, 134);
    static readonly (byte R, byte G, byte B) Frame = (206, 208, 214);
    static readonly (byte R, byte G, byte B) Missing = (228, 228, 226);

    // Distances in units of the text scale, so that a sheet keeps its proportions.
    const int Margin = 10;
    const int Gap = 12;
    const int PictureGap = 4;

    /// <summary>Draws the sheet. All cells get the width of the widest, and a row the height of its tallest cell.</summary>
    /// <param name="cells">The cells, by rows.</param>
    /// <param name="columns">Cells a row, 6 by default; fewer when there are fewer cells.</param>
    /// <param name="scale">Whole-number enlargement of the pictures; each pixel becomes a square. 0, the default, brings the largest to 96 pixels or more.</param>
    /// <param name="textScale">Size of the letters, 1 by default (7 pixels high).</param>
    /// <exception cref="ArgumentException">There is no cell, or a cell has no picture.</exception>
    /// <exception cref="UserInputException">The sheet would be larger than a picture can be.</exception>
    public static Image Draw(IReadOnlyList<ContactCell> cells, int columns = 6, int scale = 0, int textScale = 1)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfLessThan(textScale, 1);
        if (cells.Count == 0 || cells.Any(cell => cell.Pictures.Count == 0))
            throw new ArgumentException("a contact sheet needs cells, and each cell a picture", nameof(cells));

        columns = Math.Min(columns, cells.Count);
        if (scale == 0)
        {
            int side = cells.Max(cell => cell.Pictures.Max(one => Math.Max(one.Picture.Width, one.Picture.Height)));
            scale = (95 + side) / side;
        }

        int unit = textScale;
        int cellWidth = cells.Max(cell => PicturesWidth(cell, scale, unit));
        int rows = (cells.Count + columns - 1) / columns;
        int letters = Math.Max(1, (cellWidth / unit + 1) / BitmapFont.Advance);
        int[] rowHeights = [.. Enumerable.Range(0, rows)
            .Select(row => cells.Skip(row * columns).Take(columns).Max(cell => CellHeight(cell, scale, unit, letters)))];
        long width = 2L * Margin * unit + (long)columns * cellWidth + (columns - 1L) * Gap * unit;
        long height = 2L * Margin * unit + rowHeights.Sum(one => (long)one) + (rows - 1L) * Gap * unit;
        if (4 * width * height > Array.MaxLength)
        {
            throw new UserInputException(
                $"A sheet of {cells.Count} cells would have {width} x {height} pixels, too many for one picture. Show fewer pictures.");
        }

        var sheet = new Image((int)width, (int)height);
        BitmapFont.Fill(sheet, 0, 0, sheet.Width, sheet.Height, Paper);
        int top = Margin * unit;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns && row * columns + column < cells.Count; column++)
            {
                DrawCell(sheet, cells[row * columns + column], Margin * unit + column * (cellWidth + Gap * unit), top, scale, unit,
                    letters);
            }

            top += rowHeights[row] + Gap * unit;
        }

        return sheet;
    }

    // A picture has a frame of one pixel around it.
    static int PictureWidth((string Label, Image Picture) one, int scale, int unit) =>
        Math.Max(scale * one.Picture.Width + 2, BitmapFont.WidthOf(one.Label, unit));

    static int PicturesWidth(ContactCell cell, int scale, int unit) =>
        cell.Pictures.Sum(one => PictureWidth(one, scale, unit)) + (cell.Pictures.Count - 1) * PictureGap * unit;

    static int LabelHeight(ContactCell cell, int unit) => cell.Pictures.Any(one => one.Label.Length > 0) ? BitmapFont.LineHeight * unit : 0;

    static int PicturesHeight(ContactCell cell, int scale) => cell.Pictures.Max(one => scale * one.Picture.Height + 2);

    static int CellHeight(ContactCell cell, int scale, int unit, int letters) => LabelHeight(cell, unit) + PicturesHeight(cell, scale)
        + (cell.Caption.Length == 0 ? 0 : PictureGap * unit + BitmapFont.Wrap(cell.Caption, letters).Count * BitmapFont.LineHeight * unit);

    static void DrawCell(Image sheet, ContactCell cell, int left, int top, int scale, int unit, int letters)
    {
        int pictureTop = top + LabelHeight(cell, unit);
        int x = left;
        foreach ((string label, Image picture) in cell.Pictures)
        {
            BitmapFont.Draw(sheet, label, x, top, Faint, unit);
            BitmapFont.Fill(sheet, x, pictureTop, scale * picture.Width + 2, scale * picture.Height + 2, Frame);
            Enlarge(sheet, picture, x + 1, pictureTop + 1, scale);
            x += PictureWidth((label, picture), scale, unit) + PictureGap * unit;
        }

        int y = pictureTop + PicturesHeight(cell, scale) + PictureGap * unit;
        foreach (string line in BitmapFont.Wrap(cell.Caption, letters))
        {
            BitmapFont.Draw(sheet, line, left, y, Ink, unit);
            y += BitmapFont.LineHeight * unit;
        }
    }

    // Transparent parts show a light gray, so that they differ from white ones.
    static void Enlarge(Image sheet, Image picture, int left, int top, int scale)
    {
        Image opaque = ImageTransform.Composite(picture, Missing.R, Missing.G, Missing.B);
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                Span<byte> pixel = opaque.Pixel(x, y);
                BitmapFont.Fill(sheet, left + scale * x, top + scale * y, scale, scale, (pixel[0], pixel[1], pixel[2]));
            }
        }
    }
}
