using System.Formats.Tar;
using Dalle2.Data.Pictures;

namespace Dalle2.Data.Shards;

/// <summary>A tar archive: where its pictures lie, and its captions.</summary>
sealed class Shard
{
    // A caption file that is larger is none.
    const int MostText = 1 << 20;

    readonly string path;
    readonly Dictionary<string, ShardMember> members = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, int> others = new(StringComparer.Ordinal);

    /// <summary>Reads the names and the captions.</summary>
    /// <exception cref="UserInputException">The file cannot be read or is no archive.</exception>
    public Shard(string path)
    {
        this.path = path;
        int entries = 0;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            using var reader = new TarReader(file);
            while (reader.GetNextEntry() is { } entry)
            {
                entries++;
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
                    Add(entry);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException && entries > 0)
        {
            Fault = $"it is damaged or cut off behind its file {entries}; what follows is lost ({VisibleText.Of(e.Message)})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            throw new UserInputException($"'{VisibleText.Of(path)}' cannot be read as a tar archive: {VisibleText.Of(e.Message)}", e);
        }
    }

    /// <summary>What is wrong with the archive as a whole; null if nothing is.</summary>
    public string? Fault { get; }

    /// <summary>Members by the names of their files up to the first dot.</summary>
    public IReadOnlyDictionary<string, ShardMember> Members => members;

    /// <summary>Endings that are not read, and how many files have them.</summary>
    public IReadOnlyDictionary<string, int> Others => others;

    void Add(TarEntry entry)
    {
        string name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        // What begins with a dot is passed over, as in folders.
        if (name.Split('/').Any(part => part.StartsWith('.')))
            return;
        int dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        string ending = dot < 0 ? "" : name[(dot + 1)..].ToLowerInvariant();
        ShardMember Member()
        {
            if (!members.TryGetValue(name[..dot], out ShardMember? member))
                members.Add(name[..dot], member = new ShardMember());
            return member;
        }

        if (!ending.Contains('.') && PictureFormats.IsPictureName(name) && entry.Length <= Array.MaxLength)
            Member().Pictures[name] = new FileSlice(path, entry.DataOffset, (int)entry.Length);
        else if (ending == "txt" && entry.Length <= MostText)
            Member().Text = (name, Read(entry));
        else if (ending == "json" && entry.Length <= MostText)
            Member().Json = (name, Read(entry));
        else
            others[ending] = others.GetValueOrDefault(ending) + 1;
    }

    static byte[] Read(TarEntry entry)
    {
        var bytes = new byte[entry.Length];
        entry.DataStream?.ReadExactly(bytes);
        return bytes;
    }
}
