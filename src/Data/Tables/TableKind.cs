using Dalle2.Data.Sets;

namespace Dalle2.Data.Tables;

/// <summary>Opens <see cref="TableDataSet"/>.</summary>
sealed class TableKind : DataSetKind
{
    public override string Description => "a .csv, .tsv or .jsonl of pictures' paths and captions";

    public override bool Takes(string path) =>
        File.Exists(path) ? TableFile.IsTableName(path) : Directory.Exists(path) && TableDataSet.HasMetadata(path);

    public override IDataSet Open(string spec, DataSetOptions options) => new TableDataSet(spec, options);
}
