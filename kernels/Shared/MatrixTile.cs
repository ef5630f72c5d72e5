namespace Dalle2.Kernels.Shared;

/// <summary>What part of a product a group has, and how much of k is on its way to it. All constants.</summary>
interface IMatrixTile
{
    /// <summary>Rows, and columns, in words of shared memory.</summary>
    int Side { get; }

    /// <summary>Rows, or columns, in a word: 2 where two neighbors in bfloat16 lie in it, else 1.</summary>
    int RowsPerWord { get; }

    /// <summary>Pieces of k that shared memory holds: one that is multiplied, the others under way.</summary>
    int Stages { get; }

    /// <summary>Threads of the group.</summary>
    int Threads { get; }
}

/// <summary>A tile of words that hold one row each, whose sums are those of matrix units.</summary>
interface IMatrixUnitTile : IMatrixTile
{
}

/// <summary>For matrix units, 128 x 128, a quarter of it for each of four warps: each number that is copied is used 128 times, each that a warp reads 64 times. 48 KiB of shared memory, and 128 sums a thread.</summary>
readonly struct LargeMatrixTile : IMatrixUnitTile
{
    public int Side => 128;

    public int RowsPerWord => 1;

    public int Stages => 3;

    public int Threads => 128;
}

/// <summary>For matrix units, 64 x 64: four times as many groups, for results that would not fill a card. 32 KiB, and 32 sums a thread.</summary>
readonly struct SmallMatrixTile : IMatrixUnitTile
{
    public int Side => 64;

    public int RowsPerWord => 1;

    public int Stages => 4;

    public int Threads => 128;
}

/// <summary>For matrix units, 64 x 64 of bfloat16 of which two neighbors lie in a word, rows and columns alike. 16 KiB, and 32 sums a thread.</summary>
readonly struct PairedMatrixTile : IMatrixTile
{
    public int Side => 32;

    public int RowsPerWord => 2;

    public int Stages => 4;

    public int Threads => 128;
}

/// <summary>A tile whose sums are in the registers of threads: a warp has 4 x 8 threads, each with some rows and columns.</summary>
interface IFloatTile : IMatrixTile
{
    /// <summary>Rows of a thread: 2, 4 or 8.</summary>
    int Rows { get; }

    /// <summary>Columns of a thread: 4 or 8.</summary>
    int Columns { get; }
}

/// <summary>128 x 128 in 8 x 8 sums a thread. 48 KiB of shared memory.</summary>
readonly struct LargeFloatTile : IFloatTile
{
    public int Side => 128;

    public int RowsPerWord => 1;

    public int Stages => 3;

    public int Threads => 256;

    public int Rows => 8;

    public int Columns => 8;
}

/// <summary>64 x 64 in 4 x 8 sums a thread. 24 KiB.</summary>
readonly struct MediumFloatTile : IFloatTile
{
    public int Side => 64;

    public int RowsPerWord => 1;

    public int Stages => 3;

    public int Threads => 128;

    public int Rows => 4;

    public int Columns => 8;
}

/// <summary>32 x 32 in 2 x 4 sums a thread, for results that would not fill a card otherwise. 16 KiB.</summary>
readonly struct SmallFloatTile : IFloatTile
{
    public int Side => 32;

    public int RowsPerWord => 1;

    public int Stages => 4;

    public int Threads => 128;

    public int Rows => 2;

    public int Columns => 4;
}
