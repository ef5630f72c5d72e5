using Dalle2.Data.Sets;

namespace Dalle2.Data.Shards;

/// <summary>Opens <see cref="ShardDataSet"/>.</summary>
sealed class ShardKind : DataSetKind
{
    public override string Description => "a .tar of pictures and captions, a folder of them or SET-{00..07}.tar";

    public override bool Takes(string path) => ShardNames.Is(path);

    public override IDataSet Open(string spec, DataSetOptions options) => new ShardDataSet(spec, options);
}
