namespace Dalle2.Data.ParquetFiles;

/// <summary>
/// The pictures of the row groups that were read last, so that reading in order reads each group once, also by several threads. It holds the
/// last one, and others up to a limit. Thread-safe.
/// </summary>
/// <param name="limit">Bytes.</param>
sealed class RowGroupCache(long limit)
{
    readonly LinkedList<(ParquetFile File, int Group, byte[]?[]? Pictures, long Bytes, IOException? Fault)> recent = new();
    readonly object gate = new();
    long held;

    /// <summary>The limit, bytes.</summary>
    public long Limit => limit;

    /// <summary>How often a row group was read.</summary>
    public int Reads { get; private set; }

    /// <summary>The pictures of a row group.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]?[] Pictures(ParquetFile file, int group)
    {
        lock (gate)
        {
            var node = recent.First;
            while (node is not null && !(node.Value.File == file && node.Value.Group == group))
                node = node.Next;
            if (node is null)
            {
                // Before the reading too, so that what goes is not held beside it.
                Evict(file.Groups[group].PictureBytes);
                node = new(Read(file, group));
                Evict(node.Value.Bytes);
                held += node.Value.Bytes;
            }
            else
            {
                recent.Remove(node);
            }

            recent.AddFirst(node);
            return node.Value.Pictures ?? throw new IOException(node.Value.Fault!.Message, node.Value.Fault);
        }
    }

    (ParquetFile File, int Group, byte[]?[]? Pictures, long Bytes, IOException? Fault) Read(ParquetFile file, int group)
    {
        Reads++;
        try
        {
            byte[]?[] pictures = file.Pictures(group);
            return (file, group, pictures, pictures.Sum(one => one?.LongLength ?? 0), null);
        }
        catch (IOException e)
        {
            return (file, group, null, 0, e);
        }
    }

    void Evict(long bytes)
    {
        while (recent.Last is { } last && held + bytes > limit)
        {
            held -= last.Value.Bytes;
            recent.RemoveLast();
        }
    }
}
