using System.IO;
using System.Text;

namespace Dalle2.Gpu.Runtime;

/// <summary>
/// Compiled programs on disk, so that only the first run on a machine compiles. An entry begins with a hash of the rest: a damaged one
/// counts as missing. A folder that cannot be written costs time, nothing else.
/// </summary>
sealed class ProgramCache(string folder)
{
    /// <summary>The user's cache: the environment variable D2_CACHE, else the system's folder for such files.</summary>
    public static string DefaultFolder
    {
        get
        {
            if (Settings.Current.CacheFolder is { } chosen)
                return chosen;
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            string caches = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
                : Path.Combine(home, ".cache");
            return Path.Combine(caches, "dalle2");
        }
    }

    /// <summary>The name of an entry: a hash of everything that the binary depends on.</summary>
    public static string Key(params string[] parts) =>
        Convert.ToHexStringLower(Sha256.Hash(Encoding.UTF8.GetBytes(string.Join('\0', parts))));

    public string PathOf(string key) => Path.Combine(folder, key + ".bin");

    /// <summary>The binary; null if there is none that is whole.</summary>
    public byte[]? Read(string key)
    {
        try
        {
            byte[] entry = File.ReadAllBytes(PathOf(key));
            return entry.Length > Sha256.Length && Sha256.Hash(entry.AsSpan(Sha256.Length)).AsSpan()
                .SequenceEqual(entry.AsSpan(0, Sha256.Length))
                ? entry[Sha256.Length..]
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string key, byte[] binary)
    {
        // Processes that compile the same kernel at once each write a file of their own; the last rename stays.
        string temporary = $"{PathOf(key)}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream file = File.Create(temporary))
            {
                file.Write(Sha256.Hash(binary));
                file.Write(binary);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);
        }
    }

    static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, as rubbish with a name that nobody reads.
        }
    }
}
