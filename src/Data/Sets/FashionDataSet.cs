using Dalle2.Data.Idx;
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

    readonly IdxPictures[] data;
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
        int index = SplitNames.IndexOf(this, split), all = data[index].Labels.Count;
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

    /// <summary>A PNG of the picture in its own size.</summary>
    public byte[]? FileBytes(string split, int index)
    {
        Label(split, index);
        return PictureEncoder.Png(data[SplitNames.IndexOf(this, split)].Picture(index));
    }

    /// <inheritdoc/>
    public Image Load(string split, int index, int side)
    {
        Label(split, index);
        return ImageTransform.ToSquare(data[SplitNames.IndexOf(this, split)].Picture(index), side);
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

    IdxPictures Read(string prefix, int count)
    {
        string images = Path.Combine(folder, FileName(prefix, "images")), labels = Path.Combine(folder, FileName(prefix, "labels"));
        var pictures = new IdxPictures(images, labels);
        if ((pictures.Labels.Count, pictures.Width, pictures.Height) != (count, Side, Side))
        {
            throw new UserInputException($"'{VisibleText.Of(images)}' has {pictures.Labels.Count} pictures of "
                + $"{pictures.Width} x {pictures.Height}; there must be {count} of {Side} x {Side}.");
        }

        int wrong = pictures.Labels.ToList().FindIndex(label => label >= Classes.Count);
        return wrong < 0 ? pictures : throw new UserInputException(
            $"'{VisibleText.Of(labels)}': label {wrong} is {pictures.Labels[wrong]}; there are 0 to {Classes.Count - 1}.");
    }
}
