namespace Dalle2.Data.Sets;

/// <summary>Opens <see cref="CocoDataSet"/>.</summary>
sealed class CocoKind : DataSetKind
{
    public override string Description => "a .json of COCO captions";

    public override bool Takes(string path) => File.Exists(path) && path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    public override IDataSet Open(string spec, DataSetOptions options) => new CocoDataSet(spec, options);
}
