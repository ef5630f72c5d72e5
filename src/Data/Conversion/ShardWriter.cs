using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Dalle2.Data.Shards;
using Dalle2.Data.Text;

namespace Dalle2.Data.Conversion;

/// <summary>
/// Writes the form that <see cref="ShardDataSet"/> reads, as webdataset has it: archives of pictures, each with its captions behind it, in a
/// .txt, or in a .json where a caption has several lines. Several archives get about as many pictures each, in order.
/// </summary>
/// <param name="paths">The archives.</param>
/// <param name="count">How many pictures there are at most.</param>
sealed class ShardWriter(IReadOnlyList<string> paths, int count) : ISetWriter
{
    readonly List<TarWriter> archives = [];
    int added;

    /// <inheritdoc/>
    public void Add(ConvertedPicture picture)
    {
        // The next archive begins where its share does.
        while (archives.Count < paths.Count && added * (long)paths.Count >= archives.Count * (long)count)
            Open();
        added++;
        string stem = picture.Name[..^Path.GetExtension(picture.Name).Length];
        Write(picture.Name, picture.Bytes);
        if (picture.Captions.Any(caption => EncodedText.Lines(caption).Length > 1))
            Write(stem + ".json", JsonSerializer.SerializeToUtf8Bytes(new { caption = picture.Captions }));
        else
            Write(stem + ".txt", Encoding.UTF8.GetBytes(string.Concat(picture.Captions.Select(caption => caption + "\n"))));
    }

    /// <inheritdoc/>
    public void Finish()
    {
        while (archives.Count < paths.Count)
            Open();
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (archives.Count > 0)
            archives[^1].Dispose();
    }

    void Open()
    {
        Dispose();
        archives.Add(new TarWriter(File.Create(paths[archives.Count])));
    }

    // The same set gives the same archive, so nothing of it tells when it was written.
    void Write(string name, byte[] content)
    {
        using var data = new MemoryStream(content, writable: false);
        archives[^1].WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = data,
            ModificationTime = DateTimeOffset.UnixEpoch,
            AccessTime = default,
            ChangeTime = default,
        });
    }
}
