using Dalle2.Data.Sets;

namespace Dalle2.Data.Shards;

/// <summary>A part of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">How many bytes.</param>
sealed record FileSlice(string Path, long Offset, int Length) : IPictureSource
{
    /// <inheritdoc/>
    public byte[] Read()
    {
        var bytes = new byte[Length];
        using var file = File.OpenHandle(Path);
        for (int read = 0; read < Length;)
        {
            int more = RandomAccess.Read(file, bytes.AsSpan(read), Offset + read);
            read += more > 0 ? more : throw new EndOfStreamException("the archive ends before it");
        }

        return bytes;
    }
}
