namespace Dalle2.Data.Sets;

/// <summary>Opens <see cref="FashionDataSet"/>.</summary>
sealed class FashionKind : DataSetKind
{
    public override string? Name => "fashion";

    public override string Description => "Fashion-MNIST, 70,000 gray pictures of ten kinds of clothes, 28 x 28";

    public override IDataSet Open(string spec, DataSetOptions options) => new FashionDataSet(options);
}
