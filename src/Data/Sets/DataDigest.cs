using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Dalle2.Data.Sets;

/// <summary>
/// What a run has read of a split, in a few bytes a sample: whether the data are the same, and if not, which samples differ. It is taken of
/// the pictures as prepared and not of their files, for the prepared bytes are what decides the bits of training: they hold the side, the
/// fit, the background and the decoder's work; a file that was saved anew without loss is the same picture, and a file that a later decoder
/// reads otherwise is not. A set that streams has each of them in its hands too, when it loads a sample. Names and places do not count.
/// </summary>
public sealed class DataDigest
{
    // Written first: the kind of file, and behind it its own XXH3.
    static ReadOnlySpan<byte> Signature => "Dalle2 data digest\n"u8;

    /// <summary>The digest of these samples in this order; of equal keys all but the first get a number.</summary>
    public DataDigest(string split, IEnumerable<SampleDigest> samples)
    {
        Split = split;
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        var all = new List<SampleDigest>();
        var hash = new XxHash128();
        Span<byte> content = stackalloc byte[16];
        foreach (var sample in samples)
        {
            int number = taken[sample.Key] = taken.GetValueOrDefault(sample.Key) + 1;
            all.Add(number == 1 ? sample : sample with { Key = $"{sample.Key} ({number})" });
            BinaryPrimitives.WriteUInt64LittleEndian(content, sample.Caption);
            BinaryPrimitives.WriteUInt64LittleEndian(content[8..], sample.Picture);
            hash.Append(content);
        }
        Samples = all;
        Whole = Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>The split's name.</summary>
    public string Split { get; }

    /// <summary>All samples in their order, 32 hexadecimal digits: equal where captions, pictures and order are.</summary>
    public string Whole { get; }

    /// <summary>The samples in their order.</summary>
    public IReadOnlyList<SampleDigest> Samples { get; }

    /// <summary>The digest of a caption.</summary>
    public static ulong OfCaption(string caption) => Short(Encoding.UTF8.GetBytes(caption));

    /// <summary>The digest of a prepared picture, <c>[side, side, 3]</c>.</summary>
    public static ulong OfPicture(ReadOnlySpan<byte> pixels) => Short(pixels);

    /// <summary>What has changed since an earlier digest of the same split.</summary>
    public DataChanges Since(DataDigest before) => DataChanges.Between(before, this);

    /// <summary>Writes the file, atomically: 16 bytes a sample, and its key.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Split);
            writer.Write(Samples.Count);
            foreach (var sample in Samples)
            {
                writer.Write(sample.Caption);
                writer.Write(sample.Picture);
                writer.Write(sample.Key);
            }
        }
        var bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        stream.Write(Signature);
        stream.Write(XxHash3.Hash(bytes));
        stream.Write(bytes);
    });

    /// <summary>Reads a file that <see cref="Save"/> wrote.</summary>
    /// <exception cref="UserInputException">It cannot be read, or is damaged.</exception>
    public static DataDigest Load(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"The digest of the data '{path}' cannot be read: {e.Message}", e);
        }
        int head = Signature.Length + sizeof(ulong);
        if (file.Length < head || !file.AsSpan().StartsWith(Signature)
            || !XxHash3.Hash(file.AsSpan(head)).AsSpan().SequenceEqual(file.AsSpan(Signature.Length, sizeof(ulong))))
        {
            throw new UserInputException(
                $"The digest of the data '{path}' is damaged: it is not what was written. Remove it to go on without a comparison.");
        }
        using var reader = new BinaryReader(new MemoryStream(file, head, file.Length - head), Encoding.UTF8);
        string split = reader.ReadString();
        var samples = new SampleDigest[reader.ReadInt32()];
        for (int i = 0; i < samples.Length; i++)
        {
            ulong caption = reader.ReadUInt64(), picture = reader.ReadUInt64();
            samples[i] = new SampleDigest(reader.ReadString(), caption, picture);
        }
        return new DataDigest(split, samples);
    }

    // Half of it is enough to tell a few million samples apart: two alike by chance once in ten million sets of a million.
    static ulong Short(ReadOnlySpan<byte> content) => BinaryPrimitives.ReadUInt64LittleEndian(XxHash128.Hash(content));
}
