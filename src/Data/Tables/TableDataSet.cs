using Dalle2.Data.Sets;

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

    static readonly string[] parts = ["", "train", "test"];

    /// <summary>Reads the table; pictures are read when they are loaded.</summary>
    /// <param name="path">The file, or the folder of one.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">It cannot be read, lacks a column, or none of its pictures is there; the message says what to do.</exception>
    public TableDataSet(string path, DataSetOptions? options = null)
        : base(path)
    {
        options ??= new DataSetOptions();
        var samples = new TableSamples();
        if (Directory.Exists(path))
        {
            foreach (var (file, prefix) in MetadataOf(path))
            {
                string[] folders = NamedPictures.FoldersOf(file, options.ImagesFolder, "");
                Read(file, prefix, new NamedPictures(folders[..1], "picture"));
            }
        }
        else
        {
            Read(path, "", new NamedPictures(
                NamedPictures.FoldersOf(path, options.ImagesFolder, Path.GetFileNameWithoutExtension(path)), "picture"));
        }

        Samples = samples.Divide(Name, options);

        void Read(string file, string prefix, NamedPictures places)
        {
            Table table = TableFile.Read(file);
            samples.Add(table, TableColumns.Of(table, file, options), file, prefix, places);
        }
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
}
