namespace Dalle2.Data.Sets;

/// <summary>The files under a folder, links to files and folders followed; what begins with a dot is passed over.</summary>
sealed class FolderListing
{
    readonly List<string> files = [], cycles = [];

    /// <summary>Lists a folder.</summary>
    /// <exception cref="UserInputException">A folder may not be read.</exception>
    public FolderListing(string folder)
    {
        try
        {
            List(folder, "", [RealPath(folder)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"The folder '{VisibleText.Of(folder)}' cannot be listed: {VisibleText.Of(e.Message)}", e);
        }
        files.Sort(StringComparer.Ordinal);
        cycles.Sort(StringComparer.Ordinal);
    }

    /// <summary>The files' names below the folder, with forward slashes, in ordinal order.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>Links to a folder that they lie in, which were not followed: their files are listed once already.</summary>
    public IReadOnlyList<string> Cycles => cycles;

    // above: the real paths from the root down to this folder.
    void List(string folder, string prefix, string[] above)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.'))
                continue;
            string name = prefix + entry.Name;
            if (entry is FileInfo)
            {
                files.Add(name);
                continue;
            }
            string real = entry.LinkTarget is null ? Path.Combine(above[^1], entry.Name) : RealPath(entry.FullName);
            if (above.Contains(real, StringComparer.Ordinal))
                cycles.Add(name);
            else
                List(entry.FullName, name + "/", [.. above, real]);
        }
    }

    // Each part of the path may be a link, and so may be the parts of its target.
    static string RealPath(string path)
    {
        string full = Path.GetFullPath(path), at = Path.GetPathRoot(full)!;
        foreach (string part in full[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            at = Path.Combine(at, part);
            if (new DirectoryInfo(at).ResolveLinkTarget(returnFinalTarget: true) is { } target)
                at = RealPath(target.FullName);
        }
        return at;
    }
}
