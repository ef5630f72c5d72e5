using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Data.Tables;

/// <summary>
/// A table of pictures' paths and captions: <c>.csv</c>, <c>.tsv</c>, <c>.jsonl</c>, or a folder with a <c>metadata.csv</c> or
/// <c>metadata.jsonl</c> in it or in its <c>train</c> and <c>test</c>, as Hugging Face's image folders have. Columns are found by usual names
/// or chosen in the options. Each row is a sample, each text of a list in JSON one of its own, in ordinal order of the pictures' names and
/// then of the file; rows that cannot be used are samples whose loading fails. Pictures are looked for in the options' ImagesFolder, otherwise
/// beside the file, there under <c>images</c> and under the file's name, and for a folder where its metadata lie. Splits are those of
/// <see cref="FolderDataSet"/>, by the names below the folder in which a picture was found: the same pictures and captions in either form are the same set.
/// </summary>
public sealed class TableDataSet : PictureFileSet
{
    const string Metadata = "metadata";

    static readonly string[] parts = ["", "train", "test"], addresses = ["http://", "https://"];

    readonly List<(string Stem, string Name, PictureSample Sample)> rows = [];
    readonly List<PictureSample> broken = [];
    readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
    int found, named;

    /// <summary>Reads the table; pictures are read when they are loaded.</summary>
    /// <param name="path">The file, or the folder of one.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">It cannot be read, lacks a column, or none of its pictures is there; the message says what to do.</exception>
    public TableDataSet(string path, DataSetOptions? options = null)
        : base(path)
    {
        options ??= new DataSetOptions();
        NamedPictures? places = null;
        if (Directory.Exists(path))
        {
            foreach (var (file, prefix) in MetadataOf(path))
            {
                string[] folders = NamedPictures.FoldersOf(file, options.ImagesFolder, "");
                Read(file, prefix, places = new NamedPictures(folders[..1], "picture"), options);
            }
        }
        else
        {
            places = new NamedPictures(
                NamedPictures.FoldersOf(path, options.ImagesFolder, Path.GetFileNameWithoutExtension(path)), "picture");
            Read(path, "", places, options);
        }

        string shown = VisibleText.Of(path);
        if (rows.All(row => row.Sample.Fault is not null))
        {
            string? first = broken.Concat(rows.Select(row => row.Sample)).Select(sample => sample.Fault).FirstOrDefault();
            throw new UserInputException($"'{shown}' has no captioned picture that can be used: {first ?? "it has no rows"}.");
        }

        if (found == 0)
            throw places!.NoneFound(path, named);
        // Stable: the captions of one picture stay in the order of their rows.
        var sorted = rows.OrderBy(row => row.Stem, StringComparer.Ordinal).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var (names, splits) = PictureSplits.Divide([.. sorted.Select(row => (row.Stem, row.Sample))], [.. sorted.Select(row => row.Name)]);
        splits[0].AddRange(broken);
        Samples = new PictureSplits(Name, options, names, splits);
    }

    /// <summary>Whether a folder has metadata of its pictures.</summary>
    internal static bool HasMetadata(string folder) => MetadataOf(folder).Any();

    static IEnumerable<(string File, string Prefix)> MetadataOf(string folder)
    {
        foreach (string part in parts)
        {
            string[] files = [.. TableFile.Endings.Select(ending => Path.Combine(folder, part, Metadata + ending)).Where(File.Exists)];
            if (files.Length > 1)
            {
                throw new UserInputException($"'{VisibleText.Of(Path.Combine(folder, part))}' has "
                    + $"{string.Join(" and ", files.Select(Path.GetFileName))}: keep one of them, or name it as the data set.");
            }

            if (files.Length > 0)
                yield return (files[0], part.Length == 0 ? "" : part + "/");
        }
    }

    void Read(string file, string prefix, NamedPictures places, DataSetOptions options)
    {
        Table table = TableFile.Read(file);
        TableColumns columns = TableColumns.Of(table, file, options);
        foreach (TableRow row in table.Rows)
        {
            string at = $"line {row.Line}", where = $"{at} of {VisibleText.Of(Path.GetFileName(file))}";
            string? fault = row.Fault;
            if (fault is null && row.Cell(columns.Picture) is not [_])
                fault = $"it names no picture in '{VisibleText.Of(table.Columns[columns.Picture])}'";
            if (fault is not null)
                broken.Add(new PictureSample(file, prefix + at, "", $"{where}: {fault}"));
            else
                Add(file, prefix, places, row.Cell(columns.Picture)![0].Trim(), row.Cell(columns.Caption) ?? [], where);
        }
    }

    void Add(string file, string prefix, NamedPictures places, string picture, string[] captions, string where)
    {
        named++;
        string? place = null, fault;
        if (addresses.Any(scheme => picture.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
            fault = $"its picture is an address, '{VisibleText.Of(picture)}': nothing is fetched here, download the pictures first";
        else
            place = places.Find(picture, out fault);
        bool isThere = place is not null && File.Exists(place);
        found += isThere ? 1 : 0;
        string name = prefix + (isThere ? places.NameOf(place!) : picture.Replace('\\', '/')), stem = PictureSplits.Stem(name);
        foreach (string caption in captions.DefaultIfEmpty(""))
        {
            string text = ComposedText.Compose(caption.Trim());
            int number = keys[name] = keys.GetValueOrDefault(name, -1) + 1;
            string? wrong = fault ?? (captions.Length == 0 ? "it has no caption" : CaptionFile.Fault(text));
            rows.Add((stem, name, new PictureSample(
                place ?? file, PictureSample.KeyOf(name, number), text, wrong is null ? null : $"{where}: {wrong}")));
        }
    }
}
