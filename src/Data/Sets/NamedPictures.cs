using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>Finds the pictures that a COCO file names, in the folders where they may be and nowhere else.</summary>
sealed class CocoPictures(IReadOnlyList<string> folders)
{
    // The files of a folder by their composed names, for disks that take letters and accents apart.
    readonly Dictionary<string, Dictionary<string, string>> composed = new(StringComparer.Ordinal);

    /// <summary>The folders, in the order in which they are tried.</summary>
    public IReadOnlyList<string> Folders => folders;

    /// <summary>The picture's path, or where it would be; null where the name is none that may be followed, and then the fault says
    /// why.</summary>
    public string? Find(string name, out string? fault)
    {
        fault = null;
        if (name.Length == 0 || name.Contains('\0'))
        {
            fault = name.Length == 0 ? "its file_name is empty" : $"its file_name '{VisibleText.Of(name)}' contains a zero character";
            return null;
        }
        // A captions file from elsewhere must not point us at other files of this machine.
        string[] within = [.. new[] { name, name.Replace('\\', '/') }.Distinct()
            .SelectMany(spelling => folders.Select(folder => Path.GetFullPath(spelling, folder))).Where(IsWithin)];
        if (within.Length == 0)
        {
            fault = $"its file_name '{VisibleText.Of(name)}' is no path below the folder of the pictures; "
                + "where they lie elsewhere, say so with --images";
            return null;
        }
        return within.FirstOrDefault(File.Exists) ?? within.Select(Respelled).FirstOrDefault(path => path is not null) ?? within[0];
    }

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
