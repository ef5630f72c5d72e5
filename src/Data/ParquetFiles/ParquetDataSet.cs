using Dalle2.Data.Sets;
using Dalle2.Data.Tables;

namespace Dalle2.Data.ParquetFiles;

/// <summary>
/// Files of the <see href="https://parquet.apache.org/docs/file-format/">Apache Parquet format</see> with a column of captions and one of
/// pictures: structs of <c>bytes</c> and <c>path</c> as Hugging Face's data sets have, bytes, or paths of files as in a <see cref="TableDataSet"/>.
/// One file, or a folder of them, whose names tell the splits (<c>train-00000-of-00002.parquet</c>). A picture's name is its path, otherwise
/// the file's name and the row's number; order and splits are those of <see cref="FolderDataSet"/> by these names: the same pictures and
/// captions in a folder are the same set. Pictures are read again when they are loaded, a row group at a time.
/// </summary>
public sealed class ParquetDataSet : PictureFileSet
{
    // What is read at once must fit beside the pictures that are prepared.
    const long GroupBytes = 1L << 30;

    const int CacheShare = 8;

    readonly List<string> notices = [];

    /// <summary>Lists the rows and reads the captions.</summary>
    /// <param name="path">The file, or the folder of them.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">A file cannot be read, lacks a column, or no row is a captioned picture.</exception>
    public ParquetDataSet(string path, DataSetOptions? options = null)
        : this(path, options, new RowGroupCache(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / CacheShare))
    {
    }

    /// <summary>For tests: another cache, and another limit of a row group's bytes.</summary>
    internal ParquetDataSet(string path, DataSetOptions? options, RowGroupCache cache, long groupBytes = GroupBytes)
        : base(path)
    {
        options ??= new DataSetOptions();
        var samples = new TableSamples();
        long held = 0;
        int groups = 0;
        foreach (var (file, prefix) in ParquetNames.Of(path, notices))
        {
            var parquet = new ParquetFile(file, options, groupBytes);
            string stem = Path.GetFileNameWithoutExtension(file);
            var places = new NamedPictures(NamedPictures.FoldersOf(file, options.ImagesFolder, stem), "picture");
            for (int i = 0; i < parquet.Groups.Count; i++)
                samples.Add(Rows(parquet, i, cache, stem), new TableColumns(0, 1), file, prefix, places);
            held += parquet.Groups.Sum(group => group.PictureBytes);
            groups += parquet.Groups.Count;
        }

        Samples = samples.Divide(Name, options);
        if (held > cache.Limit && Reads(Samples) is var reads && reads > 3L * groups)
        {
            notices.Add("its pictures lie in another order than that of their names, so that row groups are read "
                + $"{reads} times, where there are {groups}: reading it is slow, and quick from a folder or a .tar (dalle2 data convert)");
        }
    }

    /// <summary>Files that are left out, and pictures that are slow to read.</summary>
    public override IReadOnlyList<string> Notices => notices;

    static Table Rows(ParquetFile file, int number, RowGroupCache cache, string stem)
    {
        ParquetGroup group = file.Groups[number];
        ParquetColumns columns = file.Columns;
        IEnumerable<int> indices = Enumerable.Range(0, group.Rows);
        TableRow[] rows;
        try
        {
            string[]?[] captions = file.Texts(number, columns.Caption);
            string[]?[]? paths = columns.Path is { } field ? file.Texts(number, field) : null;
            byte[]?[]? pictures = group.MayLack ? cache.Pictures(file, number) : null;
            rows = [.. indices.Select(i => Row(i, captions[i], paths?[i]?[0], IsHere(i)))];

            bool IsHere(int row) => columns.Bytes is not null && (pictures is null || pictures[row] is not null);
        }
        catch (IOException e)
        {
            string fault = $"row group {number + 1} cannot be read: {VisibleText.Of(e.Message)}";
            rows = [.. indices.Select(i => new TableRow(Line(i), [], fault))];
        }

        return new Table([columns.PictureName, columns.CaptionName], rows) { Unit = "row" };

        int Line(int index) => (int)(group.First + index + 1);

        TableRow Row(int index, string[]? captions, string? path, bool isHere)
        {
            // Half of a character, or a byte that is none, is read as this one.
            if (captions?.Any(caption => caption.Contains('\uFFFD', StringComparison.Ordinal)) == true)
                return new TableRow(Line(index), [], "its caption is no text in UTF-8");
            string? name = isHere && string.IsNullOrEmpty(path) ? $"{stem}/{Line(index):D8}" : path;
            return new TableRow(Line(index), [name is null ? null : [name], captions])
            {
                Picture = isHere ? new ParquetPicture(cache, file, number, index) : null,
            };
        }
    }

    // Row groups that going through the samples in order reads, if only the last one is kept.
    static long Reads(PictureSplits samples)
    {
        long reads = 0;
        foreach (string split in samples.Names)
        {
            (ParquetFile?, int) last = default;
            for (int i = 0; i < samples.Count(split); i++)
            {
                if (samples.Sample(split, i).Source is ParquetPicture picture && last != (picture.File, picture.Group))
                {
                    reads++;
                    last = (picture.File, picture.Group);
                }
            }
        }

        return reads;
    }
}
