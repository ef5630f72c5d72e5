namespace Dalle2.Data.Sets;

/// <summary>Opens <see cref="FolderDataSet"/>.</summary>
sealed class FolderKind : DataSetKind
{
    public override string Description => "a folder of pictures with .txt captions";

    public override bool Takes(string path) => Directory.Exists(path);

    public override IDataSet Open(string spec, DataSetOptions options) => new FolderDataSet(spec, options);
}
