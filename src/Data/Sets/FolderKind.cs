using Dalle2.Data.ParquetFiles;
using Dalle2.Data.Shards;
using Dalle2.Data.Tables;

namespace Dalle2.Data.Sets;

/// <summary>Opens <see cref="FolderDataSet"/>.</summary>
sealed class FolderKind : DataSetKind
{
    public override string Description => "a folder of pictures with .txt captions";

    // A folder whose captions are in a table, or of archives or Parquet files, is another kind.
    public override bool Takes(string path) =>
        Directory.Exists(path) && !TableDataSet.HasMetadata(path) && !ShardNames.Is(path) && !ParquetNames.Is(path);

    public override IDataSet Open(string spec, DataSetOptions options) => new FolderDataSet(spec, options);
}
