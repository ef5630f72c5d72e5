using Dalle2.Data.Pictures;
using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>
/// A folder of pictures, each with a .txt of the same name beside it, subfolders and links included, in ordinal order of the relative
/// names. Each line of the .txt that is not blank is a caption and makes a sample of its own. A picture without caption, a caption without
/// picture and an unreadable caption are samples whose loading fails, so that they are reported and counted. Splits: when there are
/// subfolders <c>train</c> and <c>test</c>, they; otherwise <c>train</c> and <c>held-out</c>, the latter being the pictures whose relative
/// name without ending (with forward slashes) has an FNV-1a-32 hash that is a multiple of ten. Names are compared and hashed composed
/// (<see cref="ComposedText"/>), for some disks take letters and accents apart. Names that begin with a dot are skipped.
/// </summary>
public sealed class FolderDataSet : PictureFileSet
{
    readonly List<string> notices = [];

    /// <summary>Lists the folder and reads the captions; pictures are read when they are loaded.</summary>
    /// <exception cref="UserInputException">There is no such folder, or nothing in it is a captioned picture.</exception>
    public FolderDataSet(string folder, DataSetOptions? options = null)
        : base(folder)
    {
        string shown = VisibleText.Of(folder);
        if (!Directory.Exists(folder))
            throw new UserInputException($"There is no folder '{shown}'.");
        var listing = new FolderListing(folder);
        var files = listing.Files;
        var (names, splits) = PictureSplits.Divide([.. Pair(folder, files)], files);
        if (!splits.Any(s => s.Any(p => p.Fault is null)))
        {
            string first = splits.SelectMany(s => s).FirstOrDefault() is { } broken
                ? $" The first fault: {VisibleText.Of(broken.Path)}: {broken.Fault}." : "";
            throw new UserInputException(
                $"The folder '{shown}' has no captioned picture: {files.Count} files, and none is a picture ({PictureFormats.Readable}) "
                + $"with a .txt of the same name beside it.{first}");
        }
        foreach (string cycle in listing.Cycles)
            notices.Add($"the link {VisibleText.Of(cycle)} leads to a folder that it lies in; it was not followed");
        Samples = new PictureSplits(Name, options ?? new DataSetOptions(), names, splits);
    }

    /// <summary>Pictures that share a caption file, and links that were not followed.</summary>
    public override IReadOnlyList<string> Notices => notices;

    IEnumerable<(string Stem, PictureSample Sample)> Pair(string folder, IReadOnlyList<string> files)
    {
        var captions = files.Where(IsCaptionName).GroupBy(PictureSplits.Stem)
            .ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        var otherCase = captions.GroupBy(c => c.Key.ToUpperInvariant())
            .ToDictionary(g => g.Key, g => g.First().Value[0], StringComparer.Ordinal);
        var pictured = new Dictionary<string, string>(StringComparer.Ordinal);
        var shared = new List<string>();
        var samples = new List<(string, PictureSample)>();
        foreach (string file in files.Where(PictureFormats.IsPictureName))
        {
            string path = Path.Combine(folder, file), stem = PictureSplits.Stem(file);
            if (!captions.TryGetValue(stem, out string[]? texts))
            {
                string near = otherCase.TryGetValue(stem.ToUpperInvariant(), out string? other)
                    ? $" ({VisibleText.Of(Path.GetFileName(other))} is, and names are compared with their case)" : "";
                samples.Add((stem, new PictureSample(path, file, "",
                    $"it has no caption: there is no {VisibleText.Of(Path.GetFileName(stem))}.txt beside it{near}")));
                continue;
            }
            if (!pictured.TryAdd(stem, file))
                shared.Add($"{VisibleText.Of(file)} and {VisibleText.Of(Path.GetFileName(pictured[stem]))}");
            var (lines, fault) = CaptionFile.Read(Path.Combine(folder, texts[0]));
            if (fault is not null)
                samples.Add((stem, new PictureSample(path, file, "", fault)));
            samples.AddRange(lines.Select((line, i) =>
                (stem, new PictureSample(path, PictureSample.KeyOf(file, i), line, CaptionFile.Fault(line)))));
        }
        if (shared.Count > 0)
        {
            notices.Add($"pictures that share one caption file, of which each makes a sample: {string.Join(", ", shared.Take(3))}"
                + (shared.Count > 3 ? $" and {shared.Count - 3} more" : ""));
        }
        foreach (var (stem, texts) in captions)
        {
            // The first of them belongs to a picture, or nothing does.
            foreach (string text in pictured.ContainsKey(stem) ? texts[1..] : texts)
            {
                samples.Add((stem, new PictureSample(Path.Combine(folder, text), text, "", pictured.ContainsKey(stem)
                    ? $"{VisibleText.Of(Path.GetFileName(texts[0]))} beside it is the picture's caption file; keep one of them"
                    : "there is no picture of this name beside the caption")));
            }
        }
        // Stable: the captions of one picture stay in the order of their lines.
        return samples.OrderBy(s => s.Item1, StringComparer.Ordinal);
    }

    static bool IsCaptionName(string file) => file.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);
}
