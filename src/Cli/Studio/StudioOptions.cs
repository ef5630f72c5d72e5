using Dalle2.Data;
using Dalle2.Data.Sets;

namespace Dalle2.Cli.Studio;

/// <summary>Data that the studio offers to train on.</summary>
/// <param name="Name">What a page names it by: a built-in set's name, or the last part of a path, made unique.</param>
/// <param name="Spec">What a training takes: the name, or the full path.</param>
/// <param name="Description">What it is.</param>
/// <param name="IsOwn">Whether a person brought it along.</param>
sealed record OfferedData(string Name, string Spec, string Description, bool IsOwn = false);

/// <summary>What a studio is opened with.</summary>
/// <param name="Runs">The folder of runs, or one run; its full path.</param>
/// <param name="Host">The address to listen at.</param>
/// <param name="Port">The port; 0 takes a free one.</param>
/// <param name="Device">The device that is taken where a page names none.</param>
/// <param name="Threads">Host threads; 0 takes one for each processor.</param>
/// <param name="Data">What can be trained on.</param>
/// <param name="Token">What the address must have where others can reach it; null for none.</param>
sealed record StudioOptions(
    string Runs, string Host, int Port, string Device, int Threads, IReadOnlyList<OfferedData> Data, string? Token)
{
    /// <summary>The built-in sets, and those of a person, which a page can then name without a path.</summary>
    /// <exception cref="UserInputException">One is not there.</exception>
    public static IReadOnlyList<OfferedData> Offer(IEnumerable<string> own)
    {
        List<OfferedData> offered = [.. DataSets.BuiltIn.Select(set => new OfferedData(set.Name, set.Name, set.Description))];
        foreach (string path in own)
        {
            if (offered.Any(one => one.Spec == path))
                continue;
            if (!DataSets.IsThere(path))
                throw new UserInputException($"--data {path}: there is no such data set, file or folder");
            string full = Path.GetFullPath(path), name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full)), free = name;
            for (int i = 2; offered.Any(one => one.Name == free); i++)
                free = $"{name} ({i})";
            offered.Add(new OfferedData(free, full, full, IsOwn: true));
        }

        return offered;
    }
}
