using System.Globalization;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Data.Idx;

/// <summary>
/// A folder of pictures and labels in MNIST's form: <c>train-images-idx3-ubyte</c> (<c>idx4</c> for colors, <c>[N, height, width, 3]</c>),
/// <c>train-labels-idx1-ubyte</c>, and <c>t10k</c> alike for a test split, each maybe with <c>.gz</c>. The caption of label n is line n, from
/// zero, of a <c>labels.txt</c> beside them; without one it is the number. A picture's name is its number among eight digits, below <c>train/</c>
/// or <c>test/</c> where there are both; without a test split a tenth is held out by it, as in a <see cref="FolderDataSet"/>.
/// </summary>
public sealed class IdxDataSet : IDataSet
{
    const string LabelNames = "labels.txt";

    readonly (string Name, IdxPictures Pictures, string File, int[] Indices)[] splits;
    readonly string[]? captions;
    readonly DataSetOptions options;

    /// <summary>Reads all files.</summary>
    /// <param name="folder">Their folder.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="UserInputException">Files are missing, damaged, or contradict themselves.</exception>
    public IdxDataSet(string folder, DataSetOptions? options = null)
    {
        Name = folder;
        this.options = options ?? new DataSetOptions();
        string images = IdxNames.Images(folder, IdxNames.Train) ?? throw new UserInputException(
            $"'{VisibleText.Of(folder)}' has no train-images-idx3-ubyte or train-images-idx4-ubyte, nor one of them with .gz.");
        var train = new IdxPictures(images, IdxNames.Labels(folder, IdxNames.Train));
        IEnumerable<int> all = Enumerable.Range(0, train.Labels.Count);
        if (IdxNames.Images(folder, IdxNames.Test) is { } testImages)
        {
            var test = new IdxPictures(testImages, IdxNames.Labels(folder, IdxNames.Test));
            splits = [("train", train, images, [.. all]), ("test", test, testImages, [.. Enumerable.Range(0, test.Labels.Count)])];
        }
        else
        {
            var parts = all.ToLookup(index => PictureSplits.IsHeldOut(NumberOf(index)));
            splits = [("train", train, images, [.. parts[false]]), ("held-out", train, images, [.. parts[true]])];
        }

        if (splits.All(split => split.Indices.Length == 0))
            throw new UserInputException($"'{VisibleText.Of(images)}' has no pictures.");
        string names = Path.Combine(folder, LabelNames);
        if (File.Exists(names))
            captions = Lines(names);
        else
            Notices = [$"captions are the labels' numbers: there is no {LabelNames} beside the pictures with a line for each"];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => [.. splits.Select(split => split.Name)];

    /// <summary>Where captions are the labels' numbers.</summary>
    public IReadOnlyList<string> Notices { get; } = [];

    /// <inheritdoc/>
    public int Count(string split)
    {
        int index = SplitNames.IndexOf(this, split), all = splits[index].Indices.Length;
        return index == 0 && options.Count is { } limit ? Math.Min(limit, all) : all;
    }

    /// <summary>The caption of the picture's label; empty for a sample whose loading fails because there is none.</summary>
    public string Caption(string split, int index)
    {
        var (pictures, number, _) = Find(split, index);
        int label = pictures.Labels[number];
        return captions is null ? label.ToString(CultureInfo.InvariantCulture) : label < captions.Length ? captions[label] : "";
    }

    /// <inheritdoc/>
    public string Source(string split, int index)
    {
        var (_, number, file) = Find(split, index);
        return $"{file} picture {number}";
    }

    /// <summary>The picture's name, which is its key.</summary>
    public string? FileName(string split, int index) => Key(split, index);

    /// <summary>A PNG of the picture in its own size.</summary>
    public byte[]? FileBytes(string split, int index)
    {
        var (pictures, number, _) = Find(split, index);
        return PictureEncoder.Png(pictures.Picture(number));
    }

    /// <summary>The picture's name within the set.</summary>
    public string Key(string split, int index)
    {
        string number = NumberOf(Find(split, index).Number);
        return splits[1].Name == "test" ? $"{split}/{number}" : number;
    }

    /// <inheritdoc/>
    public (int Width, int Height)? Size(string split, int index)
    {
        var (pictures, _, _) = Find(split, index);
        return (pictures.Width, pictures.Height);
    }

    /// <inheritdoc/>
    public Image Load(string split, int index, int side)
    {
        var (pictures, number, _) = Find(split, index);
        string caption = Caption(split, index);
        if (captions?.Length <= pictures.Labels[number])
        {
            throw new BrokenSampleException(Source(split, index),
                $"its label is {pictures.Labels[number]}, and {LabelNames} has {captions.Length} lines, from 0 on");
        }

        if (CaptionFile.Fault(caption) is { } fault)
            throw new BrokenSampleException(Source(split, index), $"label {pictures.Labels[number]}: {fault}");
        var background = options.Background;
        return ImageTransform.ToSquare(
            pictures.Picture(number), side, options.Fit, background.Red, background.Green, background.Blue);
    }

    (IdxPictures Pictures, int Number, string File) Find(string split, int index)
    {
        int count = Count(split);
        if (index < 0 || index >= count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"{Name} {split} has {count} samples");
        var (_, pictures, file, indices) = splits[SplitNames.IndexOf(this, split)];
        return (pictures, indices[index], file);
    }

    static string NumberOf(int index) => index.ToString("D8", CultureInfo.InvariantCulture);

    static string[] Lines(string path)
    {
        string shown = VisibleText.Of(path);
        try
        {
            string text = EncodedText.Decode(File.ReadAllBytes(path), out string fault)
                ?? throw new UserInputException($"'{shown}' {fault}.");
            return [.. EncodedText.Lines(text.TrimEnd()).Select(line => ComposedText.Compose(line.Trim()))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{shown}' cannot be read: {VisibleText.Of(e.Message)}", e);
        }
    }
}
