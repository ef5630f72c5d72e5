using System.Globalization;
using Dalle2.Data.Pictures;

namespace Dalle2.Data.Shards;

/// <summary>The archives that a person names: a file, a folder of them, or a pattern of numbers (<c>set-{000..013}.tar</c>).</summary>
static class ShardNames
{
    const string Ending = ".tar";

    // More are a mistake in the numbers.
    const int Most = 100_000;

    static readonly string[] compressed = [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst"];

    /// <summary>Whether a name is that of an archive, or of several.</summary>
    public static bool Is(string spec) =>
        Directory.Exists(spec) ? Listed(spec).Count > 0 : IsPattern(spec) || (File.Exists(spec) && IsArchive(spec));

    /// <summary>Whether it is a pattern, which no file has the name of.</summary>
    public static bool IsPattern(string spec) =>
        spec.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) && !File.Exists(spec) && Range(spec) is not null;

    /// <summary>The archives, in order.</summary>
    /// <exception cref="UserInputException">One is missing or compressed.</exception>
    public static IReadOnlyList<string> Of(string spec)
    {
        if (IsCompressed(spec))
        {
            throw new UserInputException($"'{VisibleText.Of(spec)}' is compressed, so that its pictures cannot be read where they lie: "
                + "unpack it to a .tar (gunzip and the like), which is hardly larger, as pictures are compressed already.");
        }

        IReadOnlyList<string> files = Directory.Exists(spec) ? Listed(spec) : IsPattern(spec) ? Expand(spec) : [spec];
        if (files.FirstOrDefault(file => !File.Exists(file)) is { } missing)
            throw new UserInputException($"'{VisibleText.Of(spec)}': there is no '{VisibleText.Of(missing)}'.");
        return files;
    }

    static bool IsCompressed(string name) => compressed.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    static bool IsArchive(string name) => name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) || IsCompressed(name);

    // A folder of archives, and not of pictures, or folders of pictures, with an archive among them.
    static List<string> Listed(string folder)
    {
        var archives = new List<string>();
        try
        {
            if (Directory.EnumerateDirectories(folder).Any())
                return [];
            foreach (string file in Directory.EnumerateFiles(folder).Where(file => !Path.GetFileName(file).StartsWith('.')))
            {
                if (PictureFormats.IsPictureName(file))
                    return [];
                if (file.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))
                    archives.Add(file);
            }
        }
        // Whoever opens the folder tells what is wrong with it.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        archives.Sort(StringComparer.Ordinal);
        return archives;
    }

    static (int Open, int Close, int First, int Last, int Digits)? Range(string spec)
    {
        int open = spec.IndexOf('{', StringComparison.Ordinal), close = spec.IndexOf('}', StringComparison.Ordinal);
        if (open < 0 || close < open)
            return null;
        string[] ends = spec[(open + 1)..close].Split("..");
        if (ends.Length != 2 || !Number(ends[0], out int first) || !Number(ends[1], out int last))
            return null;
        return (open, close, first, last, ends[0].Length);
    }

    static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>The archives of a pattern, whether they are there or not.</summary>
    /// <exception cref="UserInputException">Its numbers are no range.</exception>
    public static List<string> Expand(string spec)
    {
        var (open, close, first, last, digits) = Range(spec)!.Value;
        if (last < first || last - first >= Most)
            throw new UserInputException($"'{VisibleText.Of(spec)}': {first} to {last} is no range of archives.");
        return
        [
            .. Enumerable.Range(first, last - first + 1)
                .Select(i => spec[..open] + i.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0') + spec[(close + 1)..]),
        ];
    }
}
