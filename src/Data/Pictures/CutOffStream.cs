namespace Dalle2.Data.Pictures;

/// <summary>A file's bytes, and whether anybody wanted to read more of them than there are.</summary>
/// <remarks>It tells the truth only about readers that do not read ahead; <see cref="PictureConfiguration"/> sees to that.</remarks>
sealed class CutOffStream(byte[] file, bool asksForMore) : MemoryStream(file, writable: false)
{
    /// <summary>Bytes behind the end were asked for.</summary>
    public bool WasCutOff { get; private set; }

    /// <summary>One more than there is, unless the reader goes on to the end: ImageSharp's would otherwise stop at the end without asking.</summary>
    public override long Length => base.Length + (asksForMore ? 1 : 0);

    public override int Read(byte[] buffer, int offset, int count) => Note(base.Read(buffer, offset, count), count);

    public override int Read(Span<byte> buffer) => Note(base.Read(buffer), buffer.Length);

    public override int ReadByte()
    {
        int value = base.ReadByte();
        Note(value < 0 ? 0 : 1, 1);
        return value;
    }

    int Note(int read, int wanted)
    {
        WasCutOff |= read < wanted;
        return read;
    }
}
