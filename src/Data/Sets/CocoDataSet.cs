using System.Text.Json;
using Dalle2.Data.Pictures;

namespace Dalle2.Data.Sets;

/// <summary>
/// COCO captions: a JSON file with <c>images: [{id, file_name}]</c> and <c>annotations: [{image_id, caption}]</c>. Each annotation is a sample, in the order of
/// image ids and then of the file. Pictures are looked for in the options' ImagesFolder, otherwise beside the JSON file, and there also under
/// <c>images</c> and under the JSON's name without <c>captions_</c> (<c>captions_train2017.json</c>: <c>train2017</c>).
/// A picture that is missing or has no caption is a sample whose loading fails. Held out: FNV-1a-32 of file_name is a multiple of ten.
/// </summary>
public sealed class CocoDataSet : IDataSet
{
    private readonly PictureSplits _samples;

    /// <summary>Reads and checks the JSON; pictures are read when they are loaded.</summary>
    /// <exception cref="UserInputException">The file is missing, is no JSON, or is not built as described; the message says where.</exception>
    public CocoDataSet(string path, DataSetOptions? options = null)
    {
        Name = path;
        options ??= new DataSetOptions();
        if (options.ImagesFolder is { } chosen && !Directory.Exists(chosen))
        {
            throw new UserInputException($"There is no folder '{chosen}' for the pictures of '{path}'.");
        }
        var splits = new List<PictureSample>[] { [], [] };
        using var json = Parse(path);
        var files = ReadImages(path, json.RootElement);
        var captions = ReadCaptions(path, json.RootElement, files);
        string[] folders = Folders(path, options);
        foreach (var (id, file) in files)
        {
            string place = folders.Select(f => Path.Combine(f, file)).FirstOrDefault(File.Exists) ?? Path.Combine(folders[0], file);
            var split = splits[PictureSplits.IsHeldOut(file) ? 1 : 0];
            if (captions.TryGetValue(id, out var lines))
            {
                split.AddRange(lines.Select(line => new PictureSample(place, line, line.Length > 0 ? null : "a caption of it is empty")));
            }
            else
            {
                split.Add(new PictureSample(place, "", $"'{path}' has no caption for it"));
            }
        }
        if (captions.Count == 0)
        {
            throw new UserInputException($"'{path}' has no captions: its annotations are empty.");
        }
        _samples = new PictureSplits(Name, options, ["train", "held-out"], splits);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Splits => _samples.Names;

    /// <inheritdoc/>
    public int Count(string split) => _samples.Count(split);

    /// <summary>The caption; empty for a sample whose loading fails because there is none.</summary>
    public string Caption(string split, int index) => _samples.Sample(split, index).Caption;

    /// <inheritdoc/>
    public string Source(string split, int index) => _samples.Sample(split, index).Path;

    /// <inheritdoc/>
    public Image Load(string split, int index, int side) => _samples.Load(split, index, side);

    private static string[] Folders(string path, DataSetOptions options)
    {
        if (options.ImagesFolder is { } chosen)
        {
            return [chosen];
        }
        string beside = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string part = Path.GetFileNameWithoutExtension(path).Replace("captions_", "", StringComparison.Ordinal);
        return [beside, Path.Combine(beside, "images"), Path.Combine(beside, part)];
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new UserInputException($"'{path}' is no valid JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static SortedDictionary<long, string> ReadImages(string path, JsonElement root)
    {
        var files = new SortedDictionary<long, string>();
        int i = 0;
        foreach (var image in List(path, root, "images"))
        {
            string at = $"images[{i++}]";
            long id = Integer(path, image, at, "id");
            string file = Text(path, image, at, "file_name");
            // A captions file from elsewhere must not point us at other files of this machine.
            if (file.Length == 0 || Path.IsPathRooted(file) || file.Split('/', '\\').Contains(".."))
            {
                throw Fault(path, $"{at}.file_name '{file}' is no path below the folder of the pictures");
            }
            if (!files.TryAdd(id, file))
            {
                throw Fault(path, $"{at}.id {id} is there twice");
            }
        }
        return files;
    }

    private static Dictionary<long, List<string>> ReadCaptions(string path, JsonElement root, SortedDictionary<long, string> files)
    {
        var captions = new Dictionary<long, List<string>>();
        int i = 0;
        foreach (var annotation in List(path, root, "annotations"))
        {
            string at = $"annotations[{i++}]";
            long id = Integer(path, annotation, at, "image_id");
            if (!files.ContainsKey(id))
            {
                throw Fault(path, $"{at}.image_id {id} is in no entry of images");
            }
            if (!captions.TryGetValue(id, out var lines))
            {
                captions.Add(id, lines = []);
            }
            lines.Add(Text(path, annotation, at, "caption").Trim());
        }
        return captions;
    }

    private static JsonElement.ArrayEnumerator List(string path, JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray() : throw Fault(path, $"it has no list '{name}'");

    private static long Integer(string path, JsonElement element, string at, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number : throw Fault(path, $"{at} has no integer '{name}'");

    private static string Text(string path, JsonElement element, string at, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : throw Fault(path, $"{at} has no text '{name}'");

    private static UserInputException Fault(string path, string fault) => new($"'{path}' is no COCO captions file: {fault}.");
}
