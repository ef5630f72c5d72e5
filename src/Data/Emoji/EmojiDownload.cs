using System.ComponentModel;
using System.Diagnostics;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Emoji;

/// <summary>Fetches the four packages of the emoji set (147 MB) with the npm client, as <c>npm pack</c> does.</summary>
public static class EmojiDownload
{
    /// <summary>Where the .tgz files are kept under a data folder.</summary>
    public static string Folder(string dataFolder) => Path.Combine(dataFolder, "emoji");

    /// <summary>Runs npm for each package that is not there yet and returns the folder with the four files.</summary>
    /// <param name="dataFolder">Null is <see cref="DataFolder.Default"/>.</param>
    /// <param name="progress">Told the package that is being fetched.</param>
    /// <exception cref="UserInputException">npm is not on this machine or fails; the message says what to do.</exception>
    public static string Run(string? dataFolder = null, Action<string>? progress = null)
    {
        string folder = Folder(dataFolder ?? DataFolder.Default);
        Directory.CreateDirectory(folder);
        foreach (var (name, version) in EmojiPackages.Needed)
        {
            string target = Path.Combine(folder, EmojiPackages.FileName(name));
            if (!File.Exists(target))
            {
                progress?.Invoke($"{name}@{version}");
                Pack($"{name}@{version}", target);
            }
        }
        return folder;
    }

    static void Pack(string package, string target)
    {
        // npm writes into a folder of its own, so that an interrupted download never looks complete.
        string work = Directory.CreateDirectory(target + ".part").FullName;
        try
        {
            var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
                ["pack", package, "--silent", "--pack-destination", work])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string written = Path.Combine(work, Path.GetFileName(target));
            if (process.ExitCode != 0 || !File.Exists(written))
            {
                string reason = errors.Result.Trim();
                throw new UserInputException(
                    $"npm pack {package} failed (exit code {process.ExitCode}){(reason.Length > 0 ? ": " + reason : "")}. "
                    + "Check npm's registry and proxy settings, or fetch the file elsewhere and give its folder with --from.");
            }
            File.Move(written, target, overwrite: true);
        }
        catch (Win32Exception e)
        {
            throw new UserInputException(
                "The emoji set comes from the npm registry, and npm is not on this machine. Install Node.js with npm (Debian and Ubuntu: "
                + "apt-get install npm), or run 'npm pack "
                + $"{string.Join(' ', EmojiPackages.Needed.Select(n => $"{n.Name}@{n.Version}"))}' on another machine "
                + "and give the folder of the four .tgz files with --from.", e);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
