using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Card;

/// <summary>What is measured: the sizes of the ops' own benchmarks, and products and convolutions that fill a large card, in which precisions.</summary>
static class ProductSizes
{
    // m, n, k, ...: a matrix product of which nothing but the matrix units should limit the speed. Then batch, height, width, channels, outputs, taps, stride, padding, dilation, bias.
    static readonly (Type Type, int[] Shape)[] Large =
    [
        (typeof(GemmCase), [4096, 4096, 4096, 0, 0, 0]),
        (typeof(Conv2dCase), [64, 64, 64, 128, 128, 3, 3, 1, 1, 1, 1, 1, 1, 0]),
        (typeof(Conv2dCase), [64, 32, 32, 256, 256, 3, 3, 1, 1, 1, 1, 1, 1, 0]),
        (typeof(Conv2dCase), [64, 64, 64, 64, 128, 4, 4, 2, 2, 1, 1, 1, 1, 0]),
    ];

    static readonly Type[] OfProducts =
        [typeof(GemmCase), typeof(LinearCase), typeof(Conv2dCase), typeof(ConvTranspose2dCase), typeof(LstmCase), typeof(GruCase),
        typeof(InfoNceCase)];

    /// <summary>The large ones first; float32 has no time for them.</summary>
    public static IEnumerable<(Type Type, int[] Shape, Precision[] Precisions)> All =>
    [
        .. Large.Select(size => (size.Type, size.Shape, (Precision[])[Precision.Tf32, Precision.Bf16])),
        .. from type in OpCase.All
           from shape in OpCase.Create(type).BenchShapes
           select (type, shape, OfProducts.Contains(type) ? Enum.GetValues<Precision>() : [Precision.Float32]),
    ];

    /// <summary>The precisions that a device has.</summary>
    public static Precision[] Of(Device device) => device.HasMatrixUnits ? Enum.GetValues<Precision>() : [Precision.Float32];

    /// <summary>As the command line spells it.</summary>
    public static string Name(Precision precision) => precision.ToString().ToLowerInvariant();
}
