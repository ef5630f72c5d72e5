using Dalle2.Data.Sets;
using Dalle2.Data.Tables;
using Dalle2.Data.Text;

namespace Dalle2.Data.Shards;

/// <summary>
/// Archives of samples as webdataset has them: a <c>.tar</c>, a folder of them, or a pattern of numbers (<c>set-{00..07}.tar</c>). Files whose
/// names agree up to the first dot belong together: a picture, and a <c>.txt</c> whose lines are captions or a <c>.json</c> with one under a
/// usual name. Other files are left out and told. Pictures are read where they lie. Order and splits are those of <see cref="FolderDataSet"/>, by the
/// names in the archives: the same pictures and captions in a folder are the same set. A name that several archives have is told apart by the
/// archive's own before it.
/// </summary>
public sealed class ShardDataSet : PictureFileSet
{
    readonly List<string> notices = [];

    /// <summary>Lists the archives and reads the captions; pictures are read when they are loaded.</summary>
    /// <param name="spec">A file, a folder, or a pattern.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">An archive is missing, compressed or none, or nothing in them is a captioned picture.</exception>
    public ShardDataSet(string spec, DataSetOptions? options = null)
        : base(spec)
    {
        options ??= new DataSetOptions();
        var rows = new List<(string Stem, string Name, PictureSample Sample)>();
        var faults = new List<PictureSample>();
        var others = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (string path in ShardNames.Of(spec))
        {
            var shard = new Shard(path);
            if (shard.Fault is { } fault)
                faults.Add(new PictureSample(path, Path.GetFileName(path), "", fault));
            foreach (var (ending, count) in shard.Others)
                others[ending] = others.GetValueOrDefault(ending) + count;
            foreach (var (key, member) in shard.Members)
            {
                string prefix = taken.Add(key) ? "" : Path.GetFileNameWithoutExtension(path) + "/";
                rows.AddRange(SamplesOf(path, prefix, member, options));
            }
        }

        if (rows.All(row => row.Sample.Fault is not null))
        {
            string? first = rows.Select(row => row.Sample).Concat(faults).FirstOrDefault() is { } broken
                ? $" The first fault: {VisibleText.Of(broken.Path)}: {broken.Fault}." : "";
            throw new UserInputException(
                $"'{VisibleText.Of(spec)}' has no captioned picture: a picture and a .txt or .json of the same name.{first}");
        }

        if (others.Count > 0)
        {
            notices.Add("files that are not read, by their endings: "
                + string.Join(", ", others.Take(5).Select(one => $"{(one.Key.Length == 0 ? "none" : VisibleText.Of(one.Key))} {one.Value}"))
                + (others.Count > 5 ? $" and {others.Count - 5} more endings" : ""));
        }

        // Stable: the captions of one picture stay in the order of their lines.
        var sorted = rows.OrderBy(row => row.Stem, StringComparer.Ordinal).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var (names, splits) = PictureSplits.Divide([.. sorted.Select(row => (row.Stem, row.Sample))], [.. sorted.Select(row => row.Name)]);
        splits[0].AddRange(faults);
        Samples = new PictureSplits(Name, options, names, splits);
    }

    /// <summary>Files that are not read.</summary>
    public override IReadOnlyList<string> Notices => notices;

    static IEnumerable<(string Stem, string Name, PictureSample Sample)> SamplesOf(
        string path, string prefix, ShardMember member, DataSetOptions options)
    {
        var (captions, fault) = Captions(member, options);
        foreach (var (file, slice) in member.Pictures)
        {
            string name = prefix + file, stem = PictureSplits.Stem(name), shown = $"{path}:{file}";
            if (fault is not null)
                yield return (stem, name, new PictureSample(shown, name, "", fault));
            for (int i = 0; i < captions.Count; i++)
            {
                yield return (stem, name,
                    new PictureSample(shown, PictureSample.KeyOf(name, i), captions[i], CaptionFile.Fault(captions[i]), slice));
            }
        }

        if (member.Pictures.Count == 0 && (member.Text ?? member.Json) is { } caption)
        {
            string name = prefix + caption.Name;
            yield return (PictureSplits.Stem(name), name,
                new PictureSample($"{path}:{caption.Name}", name, "", "there is no picture of this name beside the caption"));
        }
    }

    static (IReadOnlyList<string> Captions, string? Fault) Captions(ShardMember member, DataSetOptions options)
    {
        if (member.Text is { } text)
            return CaptionFile.Of(text.Bytes, text.Name);
        if (member.Json is not { } json)
            return ([], "it has no caption: there is no .txt or .json of its name in the archive");
        string file = VisibleText.Of(Path.GetFileName(json.Name));
        if (EncodedText.Decode(json.Bytes, out string fault) is not { } content)
            return ([], $"its caption file {file} {fault}");
        Table table = JsonLineRows.ReadOne(content);
        if (table.Rows[0].Fault is { } broken)
            return ([], $"its caption file {file}: {broken}");
        int column = TableColumns.CaptionOf(table, options.CaptionColumn);
        string[] captions =
            [.. (column < 0 ? null : table.Rows[0].Cell(column) ?? [])?.Select(one => ComposedText.Compose(one.Trim())) ?? []];
        return captions.Length > 0 ? (captions, null) : ([], $"its caption file {file} has no caption by {Names(options)}");
    }

    static string Names(DataSetOptions options) =>
        options.CaptionColumn is { } chosen ? $"the name '{VisibleText.Of(chosen)}'" : "one of the usual names (--caption-column NAME)";
}
