using System.Buffers.Binary;
using System.IO.Compression;

namespace Dalle2.Data.Idx;

/// <summary>
/// A file of the <see href="http://yann.lecun.com/exdb/mnist/">idx format</see> of MNIST, of bytes: two zero bytes, 8 for bytes, the number of
/// axes, the length of each axis as a big-endian integer, the content. It may be compressed by gzip, which its ending says.
/// </summary>
sealed class IdxFile
{
    const string Compressed = ".gz";

    // Deflate makes at most so many bytes of one.
    const long MostExpansion = 1032;

    IdxFile(string path, int[] axes, byte[] content) => (Path, Axes, Content) = (path, axes, content);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The length of each axis.</summary>
    public IReadOnlyList<int> Axes { get; }

    /// <summary>The content, the last axis fastest.</summary>
    public byte[] Content { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ranks">Numbers of axes that it may have.</param>
    /// <exception cref="UserInputException">It cannot be read, is none of these, or has fewer or more bytes than it says.</exception>
    public static IdxFile Read(string path, params int[] ranks)
    {
        string shown = VisibleText.Of(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            bool isCompressed = path.EndsWith(Compressed, StringComparison.OrdinalIgnoreCase);
            using Stream stream = isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
            int[] axes = Header(stream, shown, ranks);
            long size = axes.Aggregate(1L, (product, length) => Math.Min(product * length, long.MaxValue >> 32));
            long most = file.Length * (isCompressed ? MostExpansion : 1);
            if (size > Array.MaxLength || size > most)
            {
                throw new UserInputException($"'{shown}' says that it has {string.Join(" x ", axes)} bytes, which "
                    + (size > most ? $"its {file.Length} cannot hold: it is truncated." : $"are more than {Array.MaxLength}."));
            }

            var content = new byte[size];
            int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (read < content.Length)
                throw new UserInputException($"'{shown}' is truncated: {read} bytes of {content.Length}.");
            return stream.ReadByte() < 0 ? new IdxFile(path, axes, content)
                : throw new UserInputException($"'{shown}' has more than its {content.Length} bytes.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{shown}' cannot be read: {VisibleText.Of(e.Message)}", e);
        }
    }

    /// <summary>Checks the lengths of the first axes.</summary>
    /// <exception cref="UserInputException">One is another.</exception>
    public IdxFile Require(params int[] lengths)
    {
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (Axes[axis] != lengths[axis])
            {
                throw new UserInputException(
                    $"'{VisibleText.Of(Path)}' says that axis {axis} has {Axes[axis]} entries; it must have {lengths[axis]}.");
            }
        }

        return this;
    }

    static int[] Header(Stream stream, string shown, int[] ranks)
    {
        uint magic = Number(stream, shown);
        int rank = (int)(magic & 0xFF);
        if (magic >> 8 != 8 || !ranks.Contains(rank))
        {
            throw new UserInputException($"'{shown}' begins with {magic:x8} instead of "
                + $"{string.Join(" or ", ranks.Select(one => $"{0x800 + one:x8}"))}: it is no idx file of bytes with "
                + $"{string.Join(" or ", ranks)} axes.");
        }

        var axes = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            uint length = Number(stream, shown);
            axes[axis] = length <= int.MaxValue ? (int)length
                : throw new UserInputException($"'{shown}' says that axis {axis} has {length} entries, which is too many.");
        }

        return axes;
    }

    static uint Number(Stream stream, string shown)
    {
        Span<byte> four = stackalloc byte[4];
        return stream.ReadAtLeast(four, 4, throwOnEndOfStream: false) == 4 ? BinaryPrimitives.ReadUInt32BigEndian(four)
            : throw new UserInputException($"'{shown}' ends within its header.");
    }
}
