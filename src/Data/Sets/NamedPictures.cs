using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>Finds the pictures that a file names, in the folders where they may be and nowhere else.</summary>
/// <param name="folders">The folders, in the order in which they are tried.</param>
/// <param name="property">What the file calls a name: <c>file_name</c>, or a column.</param>
sealed class NamedPictures(IReadOnlyList<string> folders, string property)
{
    // The files of a folder by their composed names, for disks that take letters and accents apart.
    readonly Dictionary<string, Dictionary<string, string>> composed = new(StringComparer.Ordinal);

    /// <summary>The picture's path, or where it would be; null where the name is none that may be followed, and then the fault says
    /// why.</summary>
    public string? Find(string name, out string? fault)
    {
        fault = null;
        if (name.Length == 0 || name.Contains('\0'))
        {
            fault = name.Length == 0 ? $"its {property} is empty" : $"its {property} '{VisibleText.Of(name)}' contains a zero character";
            return null;
        }
        // A captions file from elsewhere must not point us at other files of this machine.
        string[] within = [.. new[] { name, name.Replace('\\', '/') }.Distinct()
            .SelectMany(spelling => folders.Select(folder => Path.GetFullPath(spelling, folder))).Where(IsWithin)];
        if (within.Length == 0)
        {
            fault = $"its {property} '{VisibleText.Of(name)}' is no path below the folder of the pictures; "
                + "where they lie elsewhere, say so with --images";
            return null;
        }
        return within.FirstOrDefault(File.Exists) ?? within.Select(Respelled).FirstOrDefault(path => path is not null) ?? within[0];
    }

    /// <summary>A path that was found, below the innermost of the folders that it lies in, with forward slashes.</summary>
    public string NameOf(string path) => folders.Select(folder => Path.GetRelativePath(folder, path).Replace('\\', '/'))
        .Where(name => !name.StartsWith("../", StringComparison.Ordinal)).MinBy(name => name.Length)!;

    /// <summary>Where the pictures that a captions file names may be: the chosen folder, or beside the file, in <c>images</c> there, or in one of the given name.</summary>
    /// <exception cref="UserInputException">The chosen folder is not there.</exception>
    public static string[] FoldersOf(string file, string? chosen, string part)
    {
        if (chosen is not null && !Directory.Exists(chosen))
            throw new UserInputException($"There is no folder '{VisibleText.Of(chosen)}' for the pictures of '{VisibleText.Of(file)}'.");
        if (chosen is not null)
            return [Path.GetFullPath(chosen)];
        string beside = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return [beside, Path.Combine(beside, "images"), Path.Combine(beside, part)];
    }

    /// <summary>None of the pictures is there.</summary>
    /// <param name="file">What named them.</param>
    /// <param name="count">How many.</param>
    public UserInputException NoneFound(string file, int count) => new(
        $"None of the {count} pictures of '{VisibleText.Of(file)}' is there, looked for in "
        + $"{string.Join(", ", folders.Select(folder => $"'{VisibleText.Of(folder)}'"))}: is that the right folder? "
        + "Say where they are: --images FOLDER.");

    bool IsWithin(string path) => folders.Any(folder =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    // The file whose name differs in nothing but how its accents are stored.
    string? Respelled(string path)
    {
        string name = Path.GetFileName(path), folder = Path.GetDirectoryName(path)!;
        if (!name.Any(c => c > '\u007F'))
            return null;
        if (!composed.TryGetValue(folder, out var names))
        {
            composed.Add(folder, names = new Dictionary<string, string>(StringComparer.Ordinal));
            foreach (string file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
                names.TryAdd(ComposedText.Compose(Path.GetFileName(file)), file);
        }
        return names.GetValueOrDefault(ComposedText.Compose(name));
    }
}
