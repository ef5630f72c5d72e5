using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Tables;

/// <summary>Which columns of a table are the pictures and the captions.</summary>
/// <param name="Picture">The number of the pictures' column.</param>
/// <param name="Caption">The number of the captions' column.</param>
sealed record TableColumns(int Picture, int Caption)
{
    static readonly string[] pictures =
        ["file_name", "filename", "image", "image_path", "image_file", "image_name", "filepath", "path", "file", "img", "picture"];

    static readonly string[] captions =
        ["caption", "captions", "text", "description", "prompt", "sentence", "sentences", "alt_text", "alt", "title"];

    /// <summary>Finds them: those of the names that were chosen, or the first of the usual names that there is. Case does not matter.</summary>
    /// <param name="table">The table.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="options">The names that were chosen.</param>
    /// <exception cref="UserInputException">There is none; the message says what there is.</exception>
    public static TableColumns Of(Table table, string path, DataSetOptions options) => new(
        Find(table, path, options.ImageColumn, pictures, "the pictures", "--image-column"),
        Find(table, path, options.CaptionColumn, captions, "the captions", "--caption-column"));

    /// <summary>The number of the first column by one of the usual names of pictures; -1 where there is none.</summary>
    /// <param name="table">The table.</param>
    public static int PictureOf(Table table) => Find(table, null, pictures);

    /// <summary>The number of the captions' column; -1 where there is none.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chosen">The name that was chosen.</param>
    public static int CaptionOf(Table table, string? chosen) => Find(table, chosen, captions);

    static int Find(Table table, string? chosen, string[] usual)
    {
        foreach (string name in chosen is null ? usual : [chosen])
        {
            int exact = IndexOf(table, name, StringComparison.Ordinal);
            int index = exact >= 0 ? exact : IndexOf(table, name, StringComparison.OrdinalIgnoreCase);
            if (index >= 0)
                return index;
        }

        return -1;
    }

    static int Find(Table table, string path, string? chosen, string[] usual, string what, string option)
    {
        int found = Find(table, chosen, usual);
        if (found >= 0)
            return found;
        string there = table.Columns.Count == 0
            ? "it has none at all"
            : $"it has {string.Join(", ", table.Columns.Take(20).Select(VisibleText.Of))}";
        string head = table.Columns.Any(PictureFormats.IsPictureName)
            ? " Its first row must name the columns, and seems to be a picture's."
            : "";
        throw new UserInputException(chosen is null
            ? $"'{VisibleText.Of(path)}' has no column of {what} by one of the usual names ({string.Join(", ", usual)}): {there}.{head} "
                + $"Say which one it is: {option} NAME."
            : $"'{VisibleText.Of(path)}' has no column '{VisibleText.Of(chosen)}' for {what}: {there}.{head}");
    }

    static int IndexOf(Table table, string name, StringComparison comparison)
    {
        for (int i = 0; i < table.Columns.Count; i++)
        {
            if (table.Columns[i].Equals(name, comparison))
                return i;
        }

        return -1;
    }
}
