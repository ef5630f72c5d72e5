using Dalle2.Data;

namespace Dalle2.Training.Runs;

/// <summary>Finds out whether something can be written, before work is done for it.</summary>
public static class FolderAccess
{
    /// <summary>Says why nothing can be written into a folder, or into the one that it would be made in; null if it can.</summary>
    /// <param name="folder">The folder; it need not exist, and is not made.</param>
    public static string? Refusal(string folder)
    {
        string full = Path.GetFullPath(folder);
        while (!Directory.Exists(full))
        {
            if (File.Exists(full))
                return $"{full} is a file";
            if (Path.GetDirectoryName(full) is not { } parent)
                return $"{full} is not there";
            full = parent;
        }

        string probe = Path.Combine(full, $".dalle2-{Environment.ProcessId}-{Guid.NewGuid():N}.tmp");
        try
        {
            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.WriteByte(0);
            file.Flush(flushToDisk: true);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return $"there is no permission to write in {full}";
        }
        catch (IOException fault)
        {
            return fault.Message.Replace(probe, full, StringComparison.Ordinal);
        }
    }

    /// <summary>Checks that a folder can be written, or made.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="advice">What to do, a sentence.</param>
    /// <exception cref="UserInputException">It cannot.</exception>
    public static void RequireWritable(string folder, string advice)
    {
        if (Refusal(folder) is { } reason)
            throw new UserInputException($"{folder}: cannot be written: {reason.TrimEnd('.')}. {advice}");
    }

    /// <summary>Checks that a file can be written.</summary>
    /// <param name="path">The file; it is not touched.</param>
    /// <param name="advice">What to do, a sentence.</param>
    /// <exception cref="UserInputException">It cannot.</exception>
    public static void RequireWritableFile(string path, string advice) =>
        RequireWritable(Path.GetDirectoryName(Path.GetFullPath(path))!, advice);
}
