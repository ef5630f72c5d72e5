using System.Buffers.Binary;
using System.Text.Json;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Emoji;

/// <summary>
/// The emoji set in one file: 8 bytes <c>D2EMOJI1</c>, the length of a JSON table as 8 bytes little-endian, the table
/// (split name -> items), then each item's 64 x 64 x 3 bytes in the table's order.
/// </summary>
sealed class EmojiPack
{
    public const int Side = 64, PictureBytes = 3 * Side * Side;

    static ReadOnlySpan<byte> Magic => "D2EMOJI1"u8;

    readonly string path;
    readonly long picturesAt;
    readonly Dictionary<string, int> firsts = new(StringComparer.Ordinal);

    EmojiPack(string path, Dictionary<string, EmojiItem[]> splits, long picturesAt)
    {
        (this.path, Splits, this.picturesAt) = (path, splits, picturesAt);
        int first = 0;
        foreach (string split in EmojiSplitRule.Splits)
        {
            firsts[split] = first;
            first += splits[split].Length;
        }
    }

    public Dictionary<string, EmojiItem[]> Splits { get; }

    /// <summary>Builds the pack from the packages: composites on white, drops repeated pictures of a vendor, and cuts the splits.</summary>
    public static void Build(string tarballs, string locale, string path)
    {
        var packages = new EmojiPackages(tarballs);
        var english = packages.Names("en");
        var local = locale == "en" ? english : packages.Names(locale);
        var all = new List<(EmojiItem Item, byte[] Rgb)>();
        foreach (string vendor in new[] { "google", "twitter" })
        {
            var pictures = new List<(EmojiItem Item, byte[] Rgb, int Order)>();
            foreach (var (item, text, png) in packages.Pictures(vendor))
            {
                string? name = Lookup(english, text);
                if (name is null)
                    throw new UserInputException($"The emoji {item.File} has no English name in the annotation packages of '{tarballs}'.");
                // Other languages have gaps; what has no name there is left out.
                if (Lookup(local, text) is { } spoken)
                {
                    string style = vendor == "google" ? "noto" : "twemoji";
                    string caption = $"{style} emoji of {spoken}".ToLowerInvariant().Replace(':', ',');
                    pictures.Add((item with { Name = name, Caption = caption }, Decode(item, png), pictures.Count));
                }
            }
            var kept = pictures.GroupBy(p => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(p.Rgb)))
                .Select(g => g.OrderBy(p => p.Item.AddedIn).ThenBy(p => p.Item.Name.Length).ThenBy(p => p.Order).First());
            all.AddRange(kept.OrderBy(p => p.Order).Select(p => (p.Item, p.Rgb)));
        }
        var rule = new EmojiSplitRule(all.Select(p => p.Item.Name));
        var splits = EmojiSplitRule.Splits.ToDictionary(s => s, s => all.Where(p => rule.Split(p.Item) == s).ToList());
        AtomicFile.Write(path, stream =>
        {
            byte[] table = JsonSerializer.SerializeToUtf8Bytes(splits.ToDictionary(s => s.Key, s => s.Value.Select(p => p.Item).ToArray()));
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, table.Length);
            stream.Write(Magic);
            stream.Write(length);
            stream.Write(table);
            foreach (string split in EmojiSplitRule.Splits)
            {
                foreach (var (_, rgb) in splits[split])
                    stream.Write(rgb);
            }
        });
    }

    /// <summary>Opens a pack; null when the file is not there, is damaged or of another version, so that it is built anew.</summary>
    public static EmojiPack? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        using var stream = File.OpenRead(path);
        var head = new byte[16];
        if (stream.ReadAtLeast(head, 16, throwOnEndOfStream: false) < 16 || !head.AsSpan().StartsWith(Magic))
            return null;
        long length = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(8));
        if (length < 2 || length > stream.Length - 16 || length > int.MaxValue)
            return null;
        var table = new byte[length];
        stream.ReadExactly(table);
        try
        {
            var splits = JsonSerializer.Deserialize<Dictionary<string, EmojiItem[]>>(table);
            bool sound = splits is not null && EmojiSplitRule.Splits.All(splits.ContainsKey)
                && stream.Length == 16 + length + PictureBytes * splits.Sum(s => (long)s.Value.Length);
            return sound ? new EmojiPack(path, splits!, 16 + length) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public Image Picture(string split, int index)
    {
        var rgb = new byte[PictureBytes];
        using (var file = File.OpenHandle(path))
        {
            int read = RandomAccess.Read(file, rgb, picturesAt + (long)PictureBytes * (firsts[split] + index));
            if (read != rgb.Length)
                throw new BrokenSampleException(path, $"the picture {index} of {split} is cut off");
        }
        var image = new Image(Side, Side);
        for (int i = 0; i < Side * Side; i++)
        {
            rgb.AsSpan(3 * i, 3).CopyTo(image.Rgba.AsSpan(4 * i));
            image.Rgba[4 * i + 3] = 255;
        }
        return image;
    }

    static string? Lookup(Dictionary<string, string> names, string text) =>
        names.TryGetValue(text, out string? name)
        || names.TryGetValue(text.Replace("\uFE0F", "", StringComparison.Ordinal), out name) ? name : null;

    static byte[] Decode(EmojiItem item, byte[] png)
    {
        try
        {
            var image = ImageTransform.ToSquare(PictureDecoder.Decode(png), Side);
            var rgb = new byte[PictureBytes];
            for (int i = 0; i < Side * Side; i++)
                image.Rgba.AsSpan(4 * i, 3).CopyTo(rgb.AsSpan(3 * i));
            return rgb;
        }
        catch (ImageFormatException e)
        {
            throw new UserInputException($"The picture {item.File} of the {item.Vendor} package cannot be read: {e.Message}", e);
        }
    }
}
