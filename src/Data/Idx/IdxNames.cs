namespace Dalle2.Data.Idx;

/// <summary>The files of a folder that has MNIST's: <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, and <c>t10k</c> alike.</summary>
static class IdxNames
{
    /// <summary>What the names of the training split and of the test split begin with.</summary>
    public const string Train = "train", Test = "t10k";

    static readonly string[] forms = ["-idx{0}-ubyte", ".idx{0}-ubyte"], endings = ["", ".gz"];

    /// <summary>Whether a folder has pictures of a training split.</summary>
    public static bool Is(string folder) => Directory.Exists(folder) && Images(folder, Train) is not null;

    /// <summary>The pictures of a split, gray or colored.</summary>
    public static string? Images(string folder, string split) => Find(folder, $"{split}-images", 3) ?? Find(folder, $"{split}-images", 4);

    /// <summary>The labels of a split.</summary>
    /// <exception cref="UserInputException">There are none.</exception>
    public static string Labels(string folder, string split) => Find(folder, $"{split}-labels", 1)
        ?? throw new UserInputException($"'{VisibleText.Of(folder)}' has pictures of {split}, and not their labels: "
            + $"{split}-labels-idx1-ubyte, or that with .gz behind it, must be there.");

    static string? Find(string folder, string name, int rank) =>
        forms.SelectMany(form => endings.Select(ending => Path.Combine(folder, name + string.Format(null, form, rank) + ending)))
            .FirstOrDefault(File.Exists);
}
