namespace Dalle2.Data.Sets;

/// <summary>Square pictures in memory, <c>[Count, side, side, 3]</c> bytes: in blocks, for one array has an end at 2 GB.</summary>
sealed class PictureStore
{
    const int BlockBytes = 1 << 26;

    readonly byte[][] blocks;
    readonly int picturesInBlock;

    public PictureStore(int count, int side)
    {
        (Count, Side) = (count, side);
        picturesInBlock = Math.Max(1, BlockBytes / PictureBytes);
        blocks = new byte[(count + picturesInBlock - 1) / picturesInBlock][];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = new byte[Math.Min(picturesInBlock, count - i * picturesInBlock) * PictureBytes];
    }

    public int Count { get; }

    public int Side { get; }

    public int PictureBytes => checked(3 * Side * Side);

    public Span<byte> this[int index] =>
        blocks[index / picturesInBlock].AsSpan(index % picturesInBlock * PictureBytes, PictureBytes);

    public static long BytesOf(int count, int side) => (long)count * 3 * side * side;

    /// <summary>How many of so many pictures fit into so many bytes.</summary>
    public static int Fitting(int count, int side, long bytes) => (int)Math.Min(count, bytes / BytesOf(1, side));
}
