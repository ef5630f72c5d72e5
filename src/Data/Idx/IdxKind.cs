using Dalle2.Data.Sets;

namespace Dalle2.Data.Idx;

/// <summary>Opens <see cref="IdxDataSet"/>.</summary>
sealed class IdxKind : DataSetKind
{
    public override string Description => "a folder of MNIST's idx files";

    public override bool Takes(string path) => IdxNames.Is(path);

    public override IDataSet Open(string spec, DataSetOptions options) => new IdxDataSet(spec, options);
}
