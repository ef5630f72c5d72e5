using Dalle2.Data.Sets;

namespace Dalle2.Data.Shapes;

/// <summary>Opens <see cref="ShapesDataSet"/> with two shapes.</summary>
sealed class TwoShapesKind : DataSetKind
{
    public override string? Name => "shapes2";

    public override string Description => "generated: two shapes in a relation";

    public override IDataSet Open(string spec, DataSetOptions options) => new ShapesDataSet(2, options);
}
