using System.Globalization;
using System.Text.Json;
using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>The JSON of COCO captions: <c>images: [{id, file_name}]</c> and <c>annotations: [{image_id, caption}]</c>. What is wrong with
/// one entry is told and costs that entry.</summary>
sealed class CocoFile
{
    readonly string path;
    readonly List<(string At, string Fault)> faults = [];
    readonly Dictionary<string, string> images = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<string>> captions = new(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserInputException">It cannot be read, is no JSON, or lacks one of the lists.</exception>
    public CocoFile(string path)
    {
        this.path = path;
        using var json = Parse(path);
        int i = 0;
        foreach (var image in List(json.RootElement, "images"))
            ReadImage(image, $"images[{i++}]");
        i = 0;
        foreach (var annotation in List(json.RootElement, "annotations"))
            ReadAnnotation(annotation, $"annotations[{i++}]");
        Images = [.. images.OrderBy(image => Number(image.Key) is null).ThenBy(image => Number(image.Key))
            .ThenBy(image => image.Key, StringComparer.Ordinal)];
    }

    /// <summary>Each image's id and file name, numbers first and in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Images { get; }

    /// <summary>What is wrong with single entries, and where: <c>annotations[3]</c>.</summary>
    public IReadOnlyList<(string At, string Fault)> Faults => faults;

    /// <summary>The captions of an image in the order of the file, trimmed and composed.</summary>
    public IReadOnlyList<string> Captions(string id) => captions.TryGetValue(id, out var found) ? found : [];

    void ReadImage(JsonElement image, string at)
    {
        if (Id(image, "id") is not { } id)
            faults.Add((at, $"{at} has no integer 'id'"));
        else if (String(image, "file_name", out string fault) is not { } file)
            faults.Add((at, $"{at} {fault}"));
        else if (!images.TryAdd(id, file) && images[id] != file)
            faults.Add((at, $"{at}.id {id} is there twice"));
    }

    void ReadAnnotation(JsonElement annotation, string at)
    {
        if (Id(annotation, "image_id") is not { } id)
        {
            faults.Add((at, $"{at} has no integer 'image_id'"));
        }
        else if (!images.ContainsKey(id))
        {
            faults.Add((at, $"{at}.image_id {VisibleText.Of(id)} is in no entry of images"));
        }
        else if (String(annotation, "caption", out string fault) is not { } caption)
        {
            faults.Add((at, $"{at} {fault}"));
        }
        else
        {
            if (!captions.TryGetValue(id, out var lines))
                captions.Add(id, lines = []);
            lines.Add(ComposedText.Compose(caption.Trim()));
        }
    }

    static JsonDocument Parse(string path)
    {
        string shown = VisibleText.Of(path);
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            // JSON knows UTF-8; Windows writes the other two as well. Damage within UTF-8 is told where it stands.
            string? text = EncodedText.Decode(bytes, out _);
            return text is not null ? JsonDocument.Parse(text) : JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            string reason = e.Message.Split(" LineNumber:", 2)[0].Replace(" Change the reader options.", "", StringComparison.Ordinal);
            throw new UserInputException(
                $"'{shown}' is no valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {VisibleText.Of(reason)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"'{shown}' cannot be read: {VisibleText.Of(e.Message)}", e);
        }
    }

    JsonElement.ArrayEnumerator List(JsonElement root, string name) =>
        Property(root, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw Fault($"it has no list '{name}'");

    // The last property of the name counts. A name with half a character is none of ours, and .NET throws where it meets it.
    static JsonElement? Property(JsonElement element, string name)
    {
        JsonElement? found = null;
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                try
                {
                    found = property.NameEquals(name) ? property.Value : found;
                }
                catch (InvalidOperationException)
                {
                }
            }
        }
        return found;
    }

    // Some programs write numbers as texts or with a fraction; 3, 3.0 and "3" are one id.
    static string? Id(JsonElement element, string name)
    {
        var value = Property(element, name);
        string? text = value?.ValueKind switch
        {
            JsonValueKind.Number => value.Value.GetRawText(),
            JsonValueKind.String => String(element, name, out _),
            _ => null,
        };
        if (string.IsNullOrEmpty(text))
            return null;
        return Number(text) is { } number && number == decimal.Truncate(number)
            ? decimal.Truncate(number).ToString("0", CultureInfo.InvariantCulture)
            : value!.Value.ValueKind == JsonValueKind.String ? text : null;
    }

    static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    static string? String(JsonElement element, string name, out string fault)
    {
        fault = $"has no text '{name}'";
        if (Property(element, name) is not { ValueKind: JsonValueKind.String } value)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            fault = $"has half a character, or bytes that are not UTF-8, in '{name}'";
            return null;
        }
    }

    UserInputException Fault(string fault) => new($"'{VisibleText.Of(path)}' is no COCO captions file: {fault}.");
}
