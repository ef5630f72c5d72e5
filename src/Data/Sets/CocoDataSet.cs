namespace Dalle2.Data.Sets;

/// <summary>
/// COCO captions: a JSON file with <c>images: [{id, file_name}]</c> and <c>annotations: [{image_id, caption}]</c>. Each annotation is a
/// sample, in the order of image ids and then of the file. Pictures are looked for in the options' ImagesFolder, otherwise beside the JSON
/// file, and there also under <c>images</c> and under the JSON's name without <c>captions_</c> (<c>captions_train2017.json</c>:
/// <c>train2017</c>). A file name may be absolute or climb (<c>../</c>) as long as it stays below one of these folders. A picture that is
/// missing or has no caption, and an entry that makes no sense, is a sample whose loading fails. Held out: FNV-1a-32 of file_name is a
/// multiple of ten.
/// </summary>
public sealed class CocoDataSet : PictureFileSet
{
    /// <summary>Reads and checks the JSON; pictures are read when they are loaded.</summary>
    /// <exception cref="UserInputException">The file is missing, is no JSON, is not built as described (the message says where), or none
    /// of its pictures is found.</exception>
    public CocoDataSet(string path, DataSetOptions? options = null)
        : base(path)
    {
        options ??= new DataSetOptions();
        string shown = VisibleText.Of(path);
        var splits = new List<PictureSample>[] { [], [] };
        var file = new CocoFile(path);
        var places = new NamedPictures(
            NamedPictures.FoldersOf(
                path, options.ImagesFolder, Path.GetFileNameWithoutExtension(path).Replace("captions_", "", StringComparison.Ordinal)),
            "file_name");
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
            throw places.NoneFound(path, file.Images.Count);
        Samples = new PictureSplits(Name, options, ["train", "held-out"], splits);
    }
}
