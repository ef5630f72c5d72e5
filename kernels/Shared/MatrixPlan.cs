using ILGPU;

namespace Dalle2.Kernels.Shared;

/// <summary>How a product is spread over a card: in tiles of which size, and its k over how many groups.</summary>
/// <remarks>
/// The parts of k decide in which order sums are taken, and so follow from shapes alone. The tile changes no bit (each sum takes the same steps of k in either), and follows from the card as well.
/// Both tiles leave room for two groups and more on every multiprocessor with matrix units: a large one takes 48 of at least 100 KiB and 128 threads of at most 255 registers.
/// None of the figures here is measured: they are reasoned from what a multiprocessor does in a cycle.
/// </remarks>
readonly record struct MatrixPlan(bool IsLarge, int Parts)
{
    /// <summary>The k of a piece, a constant: rows of it are 64 bytes.</summary>
    public const int Depth = 16;

    // Two for each of the 100 to 140 multiprocessors of a large card.
    const int WantedGroups = 256;

    // In float32.
    const int LongDepth = 2048, MostFloatParts = 32;

    // Shorter parts would spend as long on beginning, storing and adding.
    const int LeastPieces = 16;

    // A small tile has a quarter of a large one's products, and its warps read twice as much of shared memory for each: at 5 to 12, 4 of them cost 20.
    const int LargeCost = 12, SmallCost = 5;

    /// <summary>Chooses for a product, or several of the same size.</summary>
    /// <param name="device">Where it runs; decides on the tile alone.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="cols">Columns of the result.</param>
    /// <param name="parts">What <see cref="PartsOf"/> says, or 1.</param>
    /// <param name="products">How many.</param>
    public static MatrixPlan Of(Device device, int rows, int cols, int parts, int products)
    {
        int processors = device.Properties.Processors;
        long large = Groups(rows, cols, default(LargeMatrixTile).Side) * parts * products,
            small = Groups(rows, cols, default(SmallMatrixTile).Side) * parts * products;
        // No large tiles that leave a multiprocessor without a group.
        return new MatrixPlan(large >= processors && Cost(large, LargeCost) <= Cost(small, SmallCost), parts);

        // Whole rounds of all multiprocessors: the last round takes as long as the others, however few groups it has.
        long Cost(long groups, int each) => (groups + processors - 1) / processors * each;
    }

    /// <summary>The same in float32, where a long k alone is summed in parts, and no more of them than a processor without many threads adds cheaply.</summary>
    public static int FloatPartsOf(int rows, int cols, int depth) =>
        depth < LongDepth ? 1 : Even(IntrinsicMath.DivRoundUp(depth, Depth), Math.Min(MostFloatParts, PartsOf(rows, cols, depth)));

    /// <summary>In how many parts k is summed, each by groups of its own: more than one where the result has few tiles and k is long.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="cols">Columns of the result.</param>
    /// <param name="depth">The summed extent.</param>
    /// <param name="products">How many such products there are.</param>
    public static int PartsOf(int rows, int cols, int depth, int products = 1)
    {
        long groups = Groups(rows, cols, default(SmallMatrixTile).Side) * products;
        if (groups == 0)
            return 1;
        int pieces = IntrinsicMath.DivRoundUp(depth, Depth),
            parts = (int)Math.Clamp(Math.Min(WantedGroups / groups, pieces / LeastPieces), 1, WantedGroups);
        return Even(pieces, parts);
    }

    // No part is empty.
    static int Even(int pieces, int parts) =>
        parts == 1 ? 1 : IntrinsicMath.DivRoundUp(pieces, IntrinsicMath.DivRoundUp(pieces, parts));

    static long Groups(int rows, int cols, int side) => (long)IntrinsicMath.DivRoundUp(rows, side) * IntrinsicMath.DivRoundUp(cols, side);
}
