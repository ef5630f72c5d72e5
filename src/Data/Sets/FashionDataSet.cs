using System.Buffers.Binary;
using System.IO.Compression;
using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>Fashion-MNIST from its idx files: 28 x 28 gray pictures of ten kinds of clothes, captions <c>a photo of a coat</c>.</summary>
public sealed class FashionDataSet : IDataSet
{
    /// <summary>The kinds by label, as captions name them.</summary>
    public static IReadOnlyList<string> Classes { get; } =
        ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    const int Side = 28;

    static readonly (string Split, string Prefix, int Count)[] Parts = [("train", "train", 60_000), ("test", "t10k", 10_000)];

    readonly (byte[] Pixels, byte[] Labels)[] data;
    readonly string folder;
    readonly DataSetOptions options;

    /// <summary>
    /// Reads all four files. They are looked for in the options' From; otherwise under <c>fashion</c> in the data folder and then
    /// where Debian's package dataset-fashion-mnist puts them.
    /// </summary>
    /// <exception cref="UserInputException">Files are missing, damaged, or contradict themselves.</exception>
    public FashionDataSet(DataSetOptions? options = null)
        : this(options, null)
    {
    }

    /// <summary>For tests: the number of pictures that each split must have instead of 60,000 and 10,000.</summary>
    internal FashionDataSet(DataSetOptions? options, int[]? counts)
    {
        this.options = options ?? new DataSetOptions();
        folder = Find(this.options);
        data = [.. Parts.Select((part, i) => Read(part.Prefix, counts?[i] ?? part.Count))];
    }

    /// <inheritdoc/>
    public string Name => "fashion";

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits { get; } = [.. Parts.Select(p => p.Split)];

    /// <inheritdoc/>
    public int Count(string split)
    {
        int index = SplitNames.IndexOf(this, split), all = data[index].Labels.Length;
        return index == 0 && options.Count is { } limit ? Math.Min(limit, all) : all;
    }

    /// <summary>The sample's kind, an index of <see cref="Classes"/>.</summary>
    public int Label(string split, int index)
    {
        int count = Count(split);
        return index >= 0 && index < count ? data[SplitNames.IndexOf(this, split)].Labels[index]
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"fashion {split} has {count} samples");
    }

    /// <inheritdoc/>
    public string Caption(string split, int index) => CaptionOf(Label(split, index));

    /// <summary>The caption of a kind: <c>a photo of a coat</c>, <c>a photo of an ankle boot</c>.</summary>
    public static string CaptionOf(int label) => $"a photo of {(Classes[label][0] is 'a' ? "an" : "a")} {Classes[label]}";

    /// <inheritdoc/>
    public string Source(string split, int index) =>
        $"{Path.Combine(folder, FileName(Parts[SplitNames.IndexOf(this, split)].Prefix, "images"))} picture {index}";

    /// <inheritdoc/>
    public Image Load(string split, int index, int side)
    {
        Label(split, index);
        var pixels = data[SplitNames.IndexOf(this, split)].Pixels.AsSpan(index * Side * Side, Side * Side);
        var image = new Image(Side, Side);
        for (int i = 0; i < pixels.Length; i++)
        {
            image.Rgba.AsSpan(4 * i, 3).Fill(pixels[i]);
            image.Rgba[4 * i + 3] = 255;
        }
        return ImageTransform.ToSquare(image, side);
    }

    static string FileName(string prefix, string what) => $"{prefix}-{what}-idx{(what == "images" ? 3 : 1)}-ubyte.gz";

    static string Find(DataSetOptions options)
    {
        string[] places = options.From is { } given
            ? [given] : [Path.Combine(options.DataFolder ?? DataFolder.Default, "fashion"), "/usr/share/datasets/fashion-mnist"];
        string[] files = [.. Parts.SelectMany(p => new[] { FileName(p.Prefix, "images"), FileName(p.Prefix, "labels") })];
        foreach (string place in places)
        {
            if (files.All(f => File.Exists(Path.Combine(place, f))))
                return place;
        }
        throw new UserInputException(
            $"Fashion-MNIST is not in {string.Join(" or ", places.Select(p => $"'{p}'"))}: {string.Join(", ", files)} must be there. "
            + "Debian and Ubuntu: apt-get install dataset-fashion-mnist; with the files elsewhere on disk, add --from FOLDER.");
    }

    (byte[] Pixels, byte[] Labels) Read(string prefix, int count)
    {
        byte[] pixels = ReadIdx(FileName(prefix, "images"), [count, Side, Side]), labels = ReadIdx(FileName(prefix, "labels"), [count]);
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= Classes.Count)
            {
                throw new UserInputException(
                    $"'{Path.Combine(folder, FileName(prefix, "labels"))}': label {i} is {labels[i]}; there are 0 to {Classes.Count - 1}.");
            }
        }
        return (pixels, labels);
    }

    // An idx file: two zero bytes, 8 for bytes, the number of axes, each axis as a big-endian integer, the content.
    byte[] ReadIdx(string file, int[] axes)
    {
        string path = Path.Combine(folder, file);
        try
        {
            using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
            var head = new byte[4 + 4 * axes.Length];
            if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
                throw new UserInputException($"'{path}' ends within its header.");
            uint magic = BinaryPrimitives.ReadUInt32BigEndian(head);
            if (magic != 0x800u + (uint)axes.Length)
            {
                throw new UserInputException($"'{path}' begins with {magic:x8} instead of {0x800 + axes.Length:x8}: it is no idx file of "
                    + $"bytes with {axes.Length} axes.");
            }
            for (int a = 0; a < axes.Length; a++)
            {
                uint length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4 + 4 * a));
                if (length != axes[a])
                    throw new UserInputException($"'{path}' says that axis {a} has {length} entries; it must have {axes[a]}.");
            }
            var content = new byte[axes.Aggregate((x, y) => x * y)];
            int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (read < content.Length)
                throw new UserInputException($"'{path}' is truncated: {read} bytes of {content.Length}.");
            return stream.ReadByte() < 0 ? content : throw new UserInputException($"'{path}' has more than its {content.Length} bytes.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
