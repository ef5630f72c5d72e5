using System.Reflection;

namespace Dalle2.Cli.Studio;

/// <summary>The files of the page, which the program has in itself.</summary>
static class PageFiles
{
    const string Prefix = "studio/";

    static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    static readonly Lazy<IReadOnlyDictionary<string, (ReadOnlyMemory<byte> Bytes, string Type)>> Read = new(() =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name[Prefix.Length..], name => (Load(name), Types[Path.GetExtension(name)])));

    /// <summary>Their contents by name.</summary>
    public static IReadOnlyDictionary<string, (ReadOnlyMemory<byte> Bytes, string Type)> All => Read.Value;

    static ReadOnlyMemory<byte> Load(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
