using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>
/// COCO captions: a JSON file with <c>images: [{id, file_name}]</c> and <c>annotations: [{image_id, caption}]</c>. Each annotation is a
/// sample, in the order of image ids and then of the file. Pictures are looked for in the options' ImagesFolder, otherwise beside the JSON
/// file, and there also under <c>images</c> and under the JSON's name without <c>captions_</c> (<c>captions_train2017.json</c>:
/// <c>train2017</c>). A file name may be absolute or climb (<c>../</c>) as long as it stays below one of these folders. A picture that is
/// missing or has no caption, and an entry that makes no sense, is a sample whose loading fails. Held out: FNV-1a-32 of file_name is a
/// multiple of ten.
/// </summary>
public sealed class CocoDataSet : IDataSet
{
    readonly PictureSplits samples;

    /// <summary>Reads and checks the JSON; pictures are read when they are loaded.</summary>
    /// <exception cref="UserInputException">The file is missing, is no JSON, is not built as described (the message says where), or none
    /// of its pictures is found.</exception>
    public CocoDataSet(string path, DataSetOptions? options = null)
    {
        Name = path;
        options ??= new DataSetOptions();
        string shown = VisibleText.Of(path);
        if (options.ImagesFolder is { } chosen && !Directory.Exists(chosen))
            throw new UserInputException($"There is no folder '{VisibleText.Of(chosen)}' for the pictures of '{shown}'.");
        var splits = new List<PictureSample>[] { [], [] };
        var file = new CocoFile(path);
        var places = new CocoPictures(Folders(path, options));
        var keys = new Dictionary<string, int>(StringComparer.Ordinal);
        int found = 0, sound = 0;
        foreach (var (id, name) in file.Images)
        {
            string? place = places.Find(name, out string? fault);
            found += place is null || !File.Exists(place) ? 0 : 1;
            var split = splits[PictureSplits.IsHeldOut(name) ? 1 : 0];
            string source = place ?? path;
            var captions = file.Captions(id);
            foreach (string caption in captions)
            {
                int number = keys[name] = keys.GetValueOrDefault(name, -1) + 1;
                split.Add(new PictureSample(source, PictureSample.KeyOf(name, number), caption, fault ?? CaptionFile.Fault(caption)));
                sound += split[^1].Fault is null ? 1 : 0;
            }
            if (captions.Count == 0)
                split.Add(new PictureSample(source, name, "", fault ?? $"'{shown}' has no caption for it"));
        }
        splits[0].AddRange(file.Faults.Select(one => new PictureSample(path, one.At, "", one.Fault)));
        if (sound == 0)
        {
            string first = file.Faults.Select(one => one.Fault).Concat(splits.SelectMany(split => split).Select(sample => sample.Fault))
                .FirstOrDefault(fault => fault is not null)
                ?? "its annotations are empty";
            throw new UserInputException($"'{shown}' has no captions that can be used: {first}.");
        }
        if (found == 0)
        {
            string looked = string.Join(", ", places.Folders.Select(folder => $"'{VisibleText.Of(folder)}'"));
            throw new UserInputException($"None of the {file.Images.Count} pictures of '{shown}' is there, looked for in {looked}: "
                + "is that the right folder? Say where they are: --images FOLDER.");
        }
        samples = new PictureSplits(Name, options, ["train", "held-out"], splits);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => samples.Names;

    /// <inheritdoc/>
    public int Count(string split) => samples.Count(split);

    /// <summary>The caption; empty for a sample whose loading fails because there is none.</summary>
    public string Caption(string split, int index) => samples.Sample(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => samples.Sample(split, index).Path;

    /// <summary>The picture's file_name, with a number behind it from its second caption on.</summary>
    public string Key(string split, int index) => samples.Sample(split, index).Key;

    /// <inheritdoc/>
    public (int Width, int Height)? Size(string split, int index) => samples.Size(split, index);

    /// <inheritdoc/>
    public Image Load(string split, int index, int side) => samples.Load(split, index, side);

    static string[] Folders(string path, DataSetOptions options)
    {
        if (options.ImagesFolder is { } chosen)
            return [Path.GetFullPath(chosen)];
        string beside = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string part = Path.GetFileNameWithoutExtension(path).Replace("captions_", "", StringComparison.Ordinal);
        return [beside, Path.Combine(beside, "images"), Path.Combine(beside, part)];
    }
}
