using System.Text;
using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>
/// A folder of pictures, each with a .txt of the same name beside it, subfolders included, in ordinal order of the relative names.
/// Each line of the .txt that is not blank is a caption and makes a sample of its own. A picture without caption, a caption without picture
/// and an unreadable caption are samples whose loading fails, so that they are reported and counted.
/// Splits: when there are subfolders <c>train</c> and <c>test</c>, they; otherwise <c>train</c> and <c>held-out</c>, the latter being the pictures whose
/// relative name without ending (with forward slashes) has an FNV-1a-32 hash that is a multiple of ten. Names that begin with a dot and links to folders are skipped.
/// </summary>
public sealed class FolderDataSet : IDataSet
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly PictureSplits _samples;

    /// <summary>Lists the folder and reads the captions; pictures are read when they are loaded.</summary>
    /// <exception cref="UserInputException">There is no such folder, or nothing in it is a captioned picture.</exception>
    public FolderDataSet(string folder, DataSetOptions? options = null)
    {
        Name = folder;
        if (!Directory.Exists(folder))
        {
            throw new UserInputException($"There is no folder '{folder}'.");
        }
        var files = new List<string>();
        try
        {
            List(folder, "", files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"The folder '{folder}' cannot be listed: {e.Message}", e);
        }
        files.Sort(StringComparer.Ordinal);
        bool ownSplits = files.Any(f => f.StartsWith("train/", StringComparison.Ordinal)) && files.Any(f => f.StartsWith("test/", StringComparison.Ordinal));
        var splits = new List<PictureSample>[] { [], [] };
        foreach (var (stem, sample) in Pair(folder, files))
        {
            if (!ownSplits)
            {
                splits[PictureSplits.IsHeldOut(stem) ? 1 : 0].Add(sample);
            }
            else if (stem.StartsWith("test/", StringComparison.Ordinal))
            {
                splits[1].Add(sample);
            }
            else
            {
                bool inside = stem.StartsWith("train/", StringComparison.Ordinal);
                splits[0].Add(inside ? sample : sample with { Fault = "it is outside of train/ and test/, which this folder is divided into" });
            }
        }
        if (!splits.Any(s => s.Any(p => p.Fault is null)))
        {
            throw new UserInputException($"The folder '{folder}' has no captioned picture: {files.Count} files, and none is a picture ({PictureFormats.Readable}) with a .txt of the same name beside it.");
        }
        _samples = new PictureSplits(Name, options ?? new DataSetOptions(), ["train", ownSplits ? "test" : "held-out"], splits);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => _samples.Names;

    /// <inheritdoc/>
    public int Count(string split) => _samples.Count(split);

    /// <summary>The caption; empty for a sample whose loading fails because there is none.</summary>
    public string Caption(string split, int index) => _samples.Sample(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => _samples.Sample(split, index).Path;

    /// <inheritdoc/>
    public Image Load(string split, int index, int side) => _samples.Load(split, index, side);

    private static void List(string folder, string prefix, List<string> files)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.'))
            {
                continue;
            }
            if (entry is FileInfo)
            {
                files.Add(prefix + entry.Name);
            }
            else if (entry.LinkTarget is null)
            {
                List(entry.FullName, $"{prefix}{entry.Name}/", files);
            }
        }
    }

    private static IEnumerable<(string Stem, PictureSample Sample)> Pair(string folder, List<string> files)
    {
        var captions = files.Where(f => f.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)).GroupBy(Stem).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var pictured = new HashSet<string>(StringComparer.Ordinal);
        var samples = new List<(string, PictureSample)>();
        foreach (string file in files.Where(PictureFormats.IsPictureName))
        {
            string path = Path.Combine(folder, file), stem = Stem(file);
            pictured.Add(stem);
            if (!captions.TryGetValue(stem, out string? text))
            {
                samples.Add((stem, new PictureSample(path, "", $"it has no caption: there is no {Path.GetFileName(stem)}.txt beside it")));
                continue;
            }
            var (lines, fault) = ReadCaptions(Path.Combine(folder, text));
            if (fault is not null)
            {
                samples.Add((stem, new PictureSample(path, "", fault)));
            }
            samples.AddRange(lines.Select(line => (stem, new PictureSample(path, line))));
        }
        foreach (var (stem, text) in captions.Where(c => !pictured.Contains(c.Key)))
        {
            samples.Add((stem, new PictureSample(Path.Combine(folder, text), "", "there is no picture of this name beside the caption")));
        }
        // Stable: the captions of one picture stay in the order of their lines.
        return samples.OrderBy(s => s.Item1, StringComparer.Ordinal);
    }

    private static (List<string> Lines, string? Fault) ReadCaptions(string path)
    {
        try
        {
            var lines = StrictUtf8.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF').Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0).ToList();
            return (lines, lines.Count > 0 ? null : $"its caption file {Path.GetFileName(path)} is empty");
        }
        catch (DecoderFallbackException)
        {
            return ([], $"its caption file {Path.GetFileName(path)} is not valid UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], $"its caption file cannot be read: {e.Message}");
        }
    }

    private static string Stem(string file) => file[..^Path.GetExtension(file).Length];
}
