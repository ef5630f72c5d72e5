namespace Dalle2.Data.Sets;

/// <summary>Where downloaded and packed sets are kept.</summary>
public static class DataFolder
{
    /// <summary>
    /// <c>D2_DATA</c> when that variable is set; otherwise <c>data/cache</c> under the repository's root, which is the nearest folder
    /// above the program, or above the current folder, that contains <c>Dalle2.Gpu.sln</c>; otherwise <c>dalle2/data</c> in the user's folder for application data.
    /// </summary>
    public static string Default
    {
        get
        {
            if (Environment.GetEnvironmentVariable("D2_DATA") is { Length: > 0 } chosen)
                return Path.GetFullPath(chosen);
            string? root = RootAbove(AppContext.BaseDirectory) ?? RootAbove(Directory.GetCurrentDirectory());
            return root is not null
                ? Path.Combine(root, "data", "cache")
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "dalle2", "data");
        }
    }

    static string? RootAbove(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Dalle2.Gpu.sln")))
                return at.FullName;
        }
        return null;
    }
}
