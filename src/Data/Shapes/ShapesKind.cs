using Dalle2.Data.Sets;

namespace Dalle2.Data.Shapes;

/// <summary>Opens <see cref="ShapesDataSet"/> with one shape.</summary>
sealed class ShapesKind : DataSetKind
{
    public override string? Name => "shapes";

    public override string Description => "generated: one shape with color, size, place and background";

    public override IDataSet Open(string spec, DataSetOptions options) => new ShapesDataSet(1, options);
}
