using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Dalle2.Data.Emoji;

/// <summary>Reads the four npm packages of the emoji set from their .tgz files: pictures, their list, and the names in a language.</summary>
sealed class EmojiPackages
{
    /// <summary>The packages and the versions that the documented counts belong to.</summary>
    public static readonly (string Name, string Version)[] Needed =
    [
        ("emoji-datasource-google", "16.0.0"), ("emoji-datasource-twitter", "16.0.0"),
        ("cldr-annotations-full", "48.2.0"), ("cldr-annotations-derived-full", "48.2.0"),
    ];

    readonly string folder;

    public EmojiPackages(string folder)
    {
        this.folder = folder;
        var missing = Needed.Where(n => !File.Exists(PathOf(n.Name))).Select(n => Path.GetFileName(PathOf(n.Name))).ToList();
        if (missing.Count > 0)
        {
            throw new UserInputException($"The emoji packages are not complete in '{folder}': {string.Join(", ", missing)} missing. "
                + "'dalle2 data get emoji' fetches them with npm; with the .tgz files already on disk, add --from FOLDER.");
        }
    }

    public static bool AreIn(string folder) => Needed.All(n => File.Exists(Path.Combine(folder, FileName(n.Name))));

    public static string FileName(string package) => $"{package}-{Needed.First(n => n.Name == package).Version}.tgz";

    /// <summary>Every picture of a vendor with its item, in the order of emoji.json; the caption and name are still empty.</summary>
    public List<(EmojiItem Item, string Text, byte[] Png)> Pictures(string vendor)
    {
        string package = "emoji-datasource-" + vendor, folder = $"package/img/{vendor}/64/";
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        Read(package, name => name == "package/emoji.json" || name.StartsWith(folder, StringComparison.Ordinal), files);
        var items = new List<(EmojiItem, string, byte[])>();
        using var json = Parse(package, "package/emoji.json", files);
        try
        {
            foreach (var emoji in json.RootElement.EnumerateArray())
            {
                string code = emoji.GetProperty("unified").GetString()!, category = emoji.GetProperty("category").GetString()!;
                Add(emoji, code, "", category);
                if (emoji.TryGetProperty("skin_variations", out var variations))
                {
                    foreach (var variation in variations.EnumerateObject())
                        Add(variation.Value, code, variation.Name, category);
                }
            }
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new UserInputException($"'{PathOf(package)}': package/emoji.json is not built as expected: {e.Message}", e);
        }
        return items;

        void Add(JsonElement element, string code, string tone, string category)
        {
            if (!element.TryGetProperty("has_img_" + vendor, out var has) || !has.GetBoolean())
                return;
            string image = element.GetProperty("image").GetString()!;
            if (!files.TryGetValue(folder + image, out var png))
                throw new UserInputException($"'{PathOf(package)}' lists {image} and does not contain {folder}{image}.");
            string text = string.Concat(element.GetProperty("unified").GetString()!.Split('-')
                .Select(h => char.ConvertFromUtf32(Convert.ToInt32(h, 16))));
            var added = decimal.Parse(element.GetProperty("added_in").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            items.Add((new EmojiItem(vendor, code, tone, "", "", category, image, added), text, png));
        }
    }

    /// <summary>The names of emoji in a language, by their text.</summary>
    public Dictionary<string, string> Names(string locale)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (package, root) in new[] { ("cldr-annotations-full", "annotations"),
            ("cldr-annotations-derived-full", "annotationsDerived") })
        {
            var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            string prefix = $"package/{root}/", path = $"{prefix}{locale}/annotations.json";
            var locales = new SortedSet<string>(StringComparer.Ordinal);
            Read(package, name =>
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                    locales.Add(name[prefix.Length..].Split('/')[0]);
                return name == path;
            }, files);
            if (!files.ContainsKey(path))
            {
                throw new UserInputException(
                    $"There are no emoji names for the language '{locale}'. There are: {string.Join(", ", locales)}.");
            }
            using var json = Parse(package, path, files);
            try
            {
                foreach (var entry in json.RootElement.GetProperty(root).GetProperty("annotations").EnumerateObject())
                {
                    if (entry.Value.TryGetProperty("tts", out var spoken))
                        names.TryAdd(entry.Name, spoken[0].GetString()!);
                }
            }
            catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
            {
                throw new UserInputException($"'{PathOf(package)}': {path} is not built as expected: {e.Message}", e);
            }
        }
        return names;
    }

    string PathOf(string package) => Path.Combine(folder, FileName(package));

    void Read(string package, Func<string, bool> wanted, Dictionary<string, byte[]> files)
    {
        try
        {
            using var reader = new TarReader(new GZipStream(File.OpenRead(PathOf(package)), CompressionMode.Decompress));
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is { } data && wanted(entry.Name))
                {
                    using var content = new MemoryStream();
                    data.CopyTo(content);
                    files[entry.Name] = content.ToArray();
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or UnauthorizedAccessException)
        {
            throw new UserInputException(
                $"'{PathOf(package)}' is no sound .tgz file ({e.Message}). Fetch it again with 'dalle2 data get emoji'.", e);
        }
    }

    JsonDocument Parse(string package, string path, Dictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(path, out var content))
            throw new UserInputException($"'{PathOf(package)}' does not contain {path}.");
        try
        {
            return JsonDocument.Parse(content);
        }
        catch (JsonException e)
        {
            throw new UserInputException($"'{PathOf(package)}': {path} is no valid JSON: {e.Message}", e);
        }
    }
}
