namespace Dalle2.Data.Sets;

/// <summary>How the samples of a split differ from what they were, by their keys, each list in the order of the samples.</summary>
/// <param name="Added">Samples whose content and key are new.</param>
/// <param name="Removed">Samples of which neither is there any more.</param>
/// <param name="Recaptioned">Samples with another caption and the same picture.</param>
/// <param name="Repainted">Samples with another picture, whether the caption is the same or not.</param>
/// <param name="Renamed">Samples whose content is there under another key, by the new one.</param>
/// <param name="Moved">Samples that changed places with others: the fewest that explain the order.</param>
public sealed record DataChanges(
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Removed,
    IReadOnlyList<string> Recaptioned,
    IReadOnlyList<string> Repainted,
    IReadOnlyList<string> Renamed,
    IReadOnlyList<string> Moved)
{
    // A sentence names so many of each kind.
    const int Named = 3;

    /// <summary>Whether nothing differs that training depends on; names do not.</summary>
    public bool None => Added.Count + Removed.Count + Recaptioned.Count + Repainted.Count + Moved.Count == 0;

    /// <summary>Whether the samples are the same in another order.</summary>
    public bool OrderOnly => Moved.Count > 0 && Added.Count + Removed.Count + Recaptioned.Count + Repainted.Count == 0;

    /// <summary>Compares two digests of a split.</summary>
    public static DataChanges Between(DataDigest before, DataDigest after)
    {
        if (before.Whole == after.Whole)
        {
            return new DataChanges([], [], [], [],
                [.. after.Samples.Zip(before.Samples).Where(pair => pair.First.Key != pair.Second.Key).Select(pair => pair.First.Key)], []);
        }
        var old = before.Samples.Index().ToDictionary(one => one.Item.Key, StringComparer.Ordinal);
        List<string> recaptioned = [], repainted = [], renamed = [], added = [];
        var fresh = new List<(int Index, SampleDigest Sample)>();
        var sources = new Dictionary<int, int>();
        foreach (var (index, sample) in after.Samples.Index())
        {
            if (!old.Remove(sample.Key, out var was))
            {
                fresh.Add((index, sample));
                continue;
            }
            sources.Add(index, was.Index);
            if (was.Item.Picture != sample.Picture)
                repainted.Add(sample.Key);
            else if (was.Item.Caption != sample.Caption)
                recaptioned.Add(sample.Key);
        }
        // The same content under another name, the first of equal ones first.
        var nameless = old.Values.OrderBy(one => one.Index).GroupBy(one => (one.Item.Caption, one.Item.Picture))
            .ToDictionary(g => g.Key, g => new Queue<int>(g.Select(one => one.Index)));
        foreach (var (index, sample) in fresh)
        {
            if (nameless.TryGetValue((sample.Caption, sample.Picture), out var same) && same.TryDequeue(out int source))
            {
                sources.Add(index, source);
                old.Remove(before.Samples[source].Key);
                renamed.Add(sample.Key);
            }
            else
            {
                added.Add(sample.Key);
            }
        }
        int[] indices = [.. sources.Keys.Order()];
        var stays = Rising([.. indices.Select(index => sources[index])]);
        string[] moved = [.. indices.Where((_, i) => !stays.Contains(i)).Select(index => after.Samples[index].Key)];
        return new DataChanges(added, [.. old.Values.OrderBy(one => one.Index).Select(one => one.Item.Key)], recaptioned, repainted,
            renamed, moved);
    }

    /// <summary>A sentence's middle: <c>1 sample was added (cats/tom.png), 2 have another caption (a.png, b.png)</c>.</summary>
    public string Describe()
    {
        if (None)
            return "nothing has changed";
        if (OrderOnly)
            return $"the samples are the same in another order: {Count(Moved, "stands", "stand")} elsewhere {Examples(Moved)}";
        var parts = new List<string>();
        void Tell(IReadOnlyList<string> keys, string one, string many)
        {
            if (keys.Count > 0)
                parts.Add($"{Count(keys, one, many)} {Examples(keys)}");
        }
        Tell(Added, "was added", "were added");
        Tell(Removed, "was removed", "were removed");
        Tell(Recaptioned, "has another caption", "have another caption");
        Tell(Repainted, "has another picture", "have another picture");
        Tell(Moved, "stands in another place", "stand in other places");
        return string.Join(", ", parts);
    }

    static string Count(IReadOnlyList<string> keys, string one, string many) =>
        keys.Count == 1 ? $"1 sample {one}" : $"{keys.Count} samples {many}";

    static string Examples(IReadOnlyList<string> keys) =>
        $"({string.Join(", ", keys.Take(Named).Select(VisibleText.Of))}{(keys.Count > Named ? ", ..." : "")})";

    // The places of a longest rising subsequence, by patience sorting.
    static HashSet<int> Rising(int[] values)
    {
        var ends = new List<int>();
        int[] previous = new int[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int low = 0, high = ends.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = values[ends[middle]] < values[i] ? (middle + 1, high) : (low, middle);
            }
            previous[i] = low > 0 ? ends[low - 1] : -1;
            if (low == ends.Count)
                ends.Add(i);
            else
                ends[low] = i;
        }
        var rising = new HashSet<int>();
        for (int at = ends.Count > 0 ? ends[^1] : -1; at >= 0; at = previous[at])
            rising.Add(at);
        return rising;
    }
}
