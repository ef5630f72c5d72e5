using Dalle2.Data.Sets;
using Dalle2.Data.Tables;

namespace Dalle2.Data.ParquetFiles;

/// <summary>Opens <see cref="ParquetDataSet"/>.</summary>
sealed class ParquetKind : DataSetKind
{
    public override string Description => "a .parquet of pictures or their paths and captions, or a folder of them";

    public override bool Takes(string path) => ParquetNames.Is(path) && !(Directory.Exists(path) && TableDataSet.HasMetadata(path));

    public override IDataSet Open(string spec, DataSetOptions options) => new ParquetDataSet(spec, options);
}
