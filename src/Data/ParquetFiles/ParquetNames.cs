using Dalle2.Data.Pictures;

namespace Dalle2.Data.ParquetFiles;

/// <summary>The files that a person names: one, or a folder of them as Hugging Face's data sets have, where names tell the splits.</summary>
static class ParquetNames
{
    const string Ending = ".parquet", Train = "train", Test = "test", Validation = "validation";

    // By Hugging Face's rules: words of a name that tell its split.
    static readonly Dictionary<string, string> splits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = Train,
        ["training"] = Train,
        ["test"] = Test,
        ["testing"] = Test,
        ["eval"] = Test,
        ["evaluation"] = Test,
        ["validation"] = Validation,
        ["valid"] = Validation,
        ["val"] = Validation,
        ["dev"] = Validation,
    };

    /// <summary>Whether a file has the ending, or a folder is one of such files.</summary>
    public static bool Is(string path) => Directory.Exists(path) ? Listed(path).Count > 0 : File.Exists(path) && IsName(path);

    /// <summary>The files in order, each with what stands before its pictures' names: <c>train/</c> or <c>test/</c> where the files are divided.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="notices">Gets what a person should know about files that are left out.</param>
    public static IReadOnlyList<(string File, string Prefix)> Of(string path, List<string> notices)
    {
        if (!Directory.Exists(path))
            return [(path, "")];
        var files = Listed(path).ConvertAll(file => (File: file, Split: SplitOf(file)));
        bool hasTest = files.Any(file => file.Split == Test), hasValidation = files.Any(file => file.Split == Validation);
        if (!files.Any(file => file.Split == Train) || !(hasTest || hasValidation))
            return files.ConvertAll(file => (Path.Combine(path, file.File), ""));
        string heldOut = hasTest ? Test : Validation;
        if (!hasTest)
            notices.Add("there are no files of a split test: those of validation are held out as test");
        string[] others = [.. files.Where(file => file.Split != Train && file.Split != heldOut).Select(file => file.File)];
        if (others.Length > 0)
        {
            notices.Add($"files of neither {Train} nor {heldOut} were left out: {string.Join(", ", others.Take(3).Select(VisibleText.Of))}"
                + (others.Length > 3 ? $" and {others.Length - 3} more" : ""));
        }

        return
        [
            .. files.Where(file => file.Split == Train || file.Split == heldOut)
                .Select(file => (Path.Combine(path, file.File), (file.Split == Train ? Train : Test) + "/")),
        ];
    }

    static bool IsName(string file) => file.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) && !Path.GetFileName(file).StartsWith('.');

    // The first of the words that tells one: of the file's name, and of the folder's where that tells none.
    static string? SplitOf(string file) => Path.GetFileNameWithoutExtension(file).Split(['-', '_', '.', ' ']).Append(FolderOf(file))
        .Select(word => splits.GetValueOrDefault(word)).FirstOrDefault(split => split is not null);

    static string FolderOf(string file) => Path.GetFileName(Path.GetDirectoryName(file)) ?? "";

    // In the folder, in its data, and in folders there that a split is the name of. A folder of pictures may have a file of their captions.
    static List<string> Listed(string folder)
    {
        var files = new List<string>();
        try
        {
            string[] here = [.. Directory.EnumerateFiles(folder)];
            if (here.Any(PictureFormats.IsPictureName) && !here.Any(file => Path.GetFileName(file) == "metadata" + Ending))
                return [];
            string data = Path.Combine(folder, "data");
            string[] places = [folder, .. Directory.Exists(data) ? new[] { data } : []];
            foreach (string place in places)
            {
                string[] inner =
                    [.. Directory.EnumerateDirectories(place).Where(inner => splits.ContainsKey(Path.GetFileName(inner)))];
                files.AddRange(inner.Append(place).SelectMany(Directory.EnumerateFiles).Where(IsName)
                    .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')));
            }
        }
        // Whoever opens the folder tells what is wrong with it.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        files.Sort(StringComparer.Ordinal);
        return files;
    }
}
