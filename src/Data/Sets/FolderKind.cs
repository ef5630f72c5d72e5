namespace Dalle2.Data.Sets;

/// <summary>Opens <see cref="FolderDataSet"/>.</summary>
sealed class FolderKind : DataSetKind
{
    public override string Description => "a folder of pictures with .txt captions";

    // What another kind takes, such as a folder whose captions are in a table, is of that kind.
    public override bool Takes(string path) =>
        Directory.Exists(path) && !All.Any(kind => kind.Name is null && kind != this && kind.Takes(path));

    public override IDataSet Open(string spec, DataSetOptions options) => new FolderDataSet(spec, options);
}
