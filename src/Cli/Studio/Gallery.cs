using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dalle2.Data;
using Dalle2.Data.Pictures;

namespace Dalle2.Cli.Studio;

/// <summary>
/// The pictures of a run that were drawn in a studio: PNG files in <c>RUN/gallery</c> that say themselves how they were drawn, and in <c>RUN/gallery/sources</c> those that a
/// person brought along. A page names them by numbers that are made here.
/// </summary>
/// <param name="run">The run's folder.</param>
sealed partial class Gallery(string run)
{
    // Pictures that were brought along are kept as long as they may be of use.
    const int MostSources = 200;

    // What is known of pictures is read again where it is more.
    const int MostKnown = 5000;

    const string FolderName = "gallery", SourcesName = "sources", Ending = ".png";

    static readonly ConcurrentDictionary<string, (DateTime Written, JsonObject Entry)> Known = [];

    string Folder { get; } = Path.Combine(run, FolderName);

    string Sources => Path.Combine(Folder, SourcesName);

    /// <summary>Keeps a drawn picture.</summary>
    /// <returns>Its name.</returns>
    public string Add(byte[] png) => Write(Folder, png);

    /// <summary>Keeps a picture that was brought along.</summary>
    /// <returns>Its name.</returns>
    public string AddSource(Image image)
    {
        string name = Write(Sources, PictureEncoder.Png(image));
        foreach (string old in Directory.GetFiles(Sources, $"*{Ending}").OrderDescending(StringComparer.Ordinal).Skip(MostSources))
            File.Delete(old);
        return name;
    }

    /// <summary>A picture's file: drawn, or brought along.</summary>
    /// <exception cref="StudioFaultException">There is none of the name.</exception>
    public string Find(string? name) => TryFind(Folder, name) ?? TryFind(Sources, name) ?? throw Missing(name);

    /// <summary>Removes a drawn picture.</summary>
    /// <exception cref="StudioFaultException">There is none of the name.</exception>
    public void Remove(string? name) => File.Delete(TryFind(Folder, name) ?? throw Missing(name));

    /// <summary>What is known of drawn pictures, the newest first.</summary>
    /// <param name="before">Only those before that one; null begins with the newest.</param>
    /// <param name="count">How many at most.</param>
    public JsonArray List(string? before, int count)
    {
        if (!Directory.Exists(Folder))
            return [];
        IEnumerable<string> names = Directory.EnumerateFiles(Folder, $"*{Ending}").Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => Name().IsMatch(name) && (before is null || string.CompareOrdinal(name, before) < 0))
            .OrderDescending(StringComparer.Ordinal);
        return new JsonArray([.. names.Take(count).Select(Describe)]);
    }

    /// <summary>How a picture was drawn.</summary>
    public JsonObject Describe(string name)
    {
        string path = Find(name);
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (!Known.TryGetValue(path, out var known) || known.Written != written)
        {
            if (Known.Count >= MostKnown)
                Known.Clear();
            Known[path] = known = (written, Read(path, name));
        }

        return (JsonObject)known.Entry.DeepClone();
    }

    static JsonObject Read(string path, string name)
    {
        var json = new JsonObject { ["id"] = name };
        try
        {
            PictureFile picture = PictureFile.Read(Path.GetFileName(path), File.ReadAllBytes(path));
            json["prompt"] = picture.Prompt;
            json["seed"] = picture.Seed.ToString(CultureInfo.InvariantCulture);
            json["number"] = picture.Number;
            json["settings"] = new JsonObject(picture.Sampling.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));
            json["runHash"] = picture.RunHash;
            json["kind"] = picture.Source is { Mask: not null } ? "inpainted" : picture.Source != null ? "from a picture"
                : picture.Embedding != null ? "from an embedding" : "from text";
        }
        catch (UserInputException fault)
        {
            json["fault"] = fault.Message;
        }

        return json;
    }

    static string Write(string folder, byte[] png)
    {
        string name = string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyyMMdd-HHmmss-fffffff}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2))}");
        AtomicFile.Write(Path.Combine(folder, name + Ending), png);
        return name;
    }

    static string? TryFind(string folder, string? name)
    {
        if (name is null || !Name().IsMatch(name))
            return null;
        string path = Path.Combine(folder, name + Ending);
        return File.Exists(path) ? path : null;
    }

    static StudioFaultException Missing(string? name) =>
        StudioFaultException.NotFound(
            $"there is no picture '{VisibleText.Of(name ?? "")}' in this run's gallery; it may have been removed");

    [GeneratedRegex(@"\A[0-9]{8}-[0-9]{6}-[0-9]{7}-[0-9a-f]{4}\z")]
    private static partial Regex Name();
}
