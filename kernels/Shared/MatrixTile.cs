
namespace Dalle2.Kernels.Shared;

/// <summary>What part of a product a group has, and how much of k is on its way to it. All constants; the group's four warps have a quarter of the tile each.</summary>
interface IMatrixTile
{
    /// <summary>Rows, and columns.</summary>
    int Side { get; }

    /// <summary>Pieces of k that shared memory holds: one that is multiplied, the others under way.</summary>
    int Stages { get; }
}

/// <summary>128 x 128: each number that is copied is used 128 times, each that a warp reads 64 times. 48 KiB of shared memory, and 128 sums a thread.</summary>
readonly struct LargeMatrixTile : IMatrixTile
{
    public int Side => 128;

    public int Stages => 3;
}

/// <summary>64 x 64: four times as many groups, for results that would not fill a card. 32 KiB, and 32 sums a thread.</summary>
readonly struct SmallMatrixTile : IMatrixTile
{
    public int Side => 64;

    public int Stages => 4;
}
