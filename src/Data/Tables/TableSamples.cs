using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Data.Tables;

/// <summary>
/// The samples that tables' rows make: each row one, each text of a list one of its own, in ordinal order of the pictures' names and then of the
/// file; rows that cannot be used are samples whose loading fails.
/// </summary>
sealed class TableSamples
{
    static readonly string[] addresses = ["http://", "https://"];

    readonly List<(string Stem, string Name, PictureSample Sample)> rows = [];
    readonly List<PictureSample> broken = [];
    readonly Dictionary<string, int> keys = new(StringComparer.Ordinal);
    NamedPictures? last;
    int found, named;

    /// <summary>Adds a table's rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Which of its columns count.</param>
    /// <param name="file">Its file.</param>
    /// <param name="prefix">What stands before its pictures' names; embedded ones may begin with it already.</param>
    /// <param name="places">Where its pictures are that are files.</param>
    public void Add(Table table, TableColumns columns, string file, string prefix, NamedPictures places)
    {
        last = places;
        foreach (TableRow row in table.Rows)
        {
            string at = $"{table.Unit} {row.Line}", where = $"{at} of {VisibleText.Of(Path.GetFileName(file))}";
            string? fault = row.Fault;
            if (fault is null && row.Cell(columns.Picture) is not [_])
                fault = $"it names no picture in '{VisibleText.Of(table.Columns[columns.Picture])}'";
            if (fault is not null)
                broken.Add(new PictureSample(file, prefix + at, "", $"{where}: {fault}"));
            else if (row.Picture is null)
                Find(file, prefix, places, row, columns, where);
            else
                Embedded(file, prefix, row, columns, at, where);
        }
    }

    /// <summary>All samples, divided into splits as a folder's are.</summary>
    /// <param name="name">The set's name.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">There is none that can be used, or none of the pictures is there.</exception>
    public PictureSplits Divide(string name, DataSetOptions options)
    {
        if (rows.All(row => row.Sample.Fault is not null))
        {
            string? first = broken.Concat(rows.Select(row => row.Sample)).Select(sample => sample.Fault).FirstOrDefault();
            throw new UserInputException(
                $"'{VisibleText.Of(name)}' has no captioned picture that can be used: {first ?? "it has no rows"}.");
        }

        if (found == 0)
            throw last!.NoneFound(name, named);
        // Stable: the captions of one picture stay in the order of their rows.
        var sorted = rows.OrderBy(row => row.Stem, StringComparer.Ordinal).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var (names, splits) = PictureSplits.Divide([.. sorted.Select(row => (row.Stem, row.Sample))], [.. sorted.Select(row => row.Name)]);
        splits[0].AddRange(broken);
        return new PictureSplits(name, options, names, splits);
    }

    void Embedded(string file, string prefix, TableRow row, TableColumns columns, string at, string where)
    {
        found++;
        string name = Slashed(row.Cell(columns.Picture)![0]);
        bool isPrefixed = name.StartsWith(prefix, StringComparison.Ordinal);
        Add(isPrefixed ? name : prefix + name, $"{file}: {at}", row.Picture, row.Cell(columns.Caption) ?? [], where, null);
    }

    void Find(string file, string prefix, NamedPictures places, TableRow row, TableColumns columns, string where)
    {
        string picture = row.Cell(columns.Picture)![0].Trim();
        string? place = null, fault;
        if (addresses.Any(scheme => picture.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
            fault = $"its picture is an address, '{VisibleText.Of(picture)}': nothing is fetched here, download the pictures first";
        else
            place = places.Find(picture, out fault);
        bool isThere = place is not null && File.Exists(place);
        found += isThere ? 1 : 0;
        string name = isThere ? places.NameOf(place!) : Slashed(picture);
        Add(prefix + name, place ?? file, null, row.Cell(columns.Caption) ?? [], where, fault);
    }

    void Add(string name, string path, IPictureSource? source, string[] captions, string where, string? fault)
    {
        named++;
        string stem = PictureSplits.Stem(name);
        foreach (string caption in captions.DefaultIfEmpty(""))
        {
            string text = ComposedText.Compose(caption.Trim());
            int number = keys[name] = keys.GetValueOrDefault(name, -1) + 1;
            string? wrong = fault ?? (captions.Length == 0 ? "it has no caption" : CaptionFile.Fault(text));
            rows.Add((stem, name, new PictureSample(
                path, PictureSample.KeyOf(name, number), text, wrong is null ? null : $"{where}: {wrong}", source)));
        }
    }

    static string Slashed(string name) => name.Replace('\\', '/');
}
