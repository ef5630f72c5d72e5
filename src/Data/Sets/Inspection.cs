using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>What is in a data set, for a person to look at: a plain record that prints and serializes.</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Splits">Each split with its counts.</param>
/// <param name="CaptionLengths">Caption lengths in words, ascending, with how many sound samples have them, over all splits.</param>
/// <param name="MeanCaptionLength">Mean caption length in words; 0 without samples.</param>
/// <param name="VocabularySize">Different words of the training split, without specials.</param>
/// <param name="FrequentWords">The most frequent words of the training split.</param>
/// <param name="UnknownWords">Words of other splits that the training split lacks, in ordinal order, at most 100.</param>
/// <param name="Broken">The samples that cannot be loaded.</param>
public sealed record Inspection(
    string Name,
    IReadOnlyList<SplitCount> Splits,
    IReadOnlyList<LengthCount> CaptionLengths,
    double MeanCaptionLength,
    int VocabularySize,
    IReadOnlyList<WordCount> FrequentWords,
    IReadOnlyList<string> UnknownWords,
    IReadOnlyList<BrokenSample> Broken)
{
    /// <summary>What the set says of itself, and what would be cut off its pictures.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Reads every caption and, on all cores, loads every picture at a small side to find the broken ones. The result does not depend on the number of cores.</summary>
    /// <param name="set">Any data set.</param>
    /// <param name="frequentWords">How many frequent words are listed. Default 20.</param>
    /// <param name="progress">Told how many of how many samples are done.</param>
    public static Inspection Of(IDataSet set, int frequentWords = 20, Action<int, int>? progress = null)
    {
        const int side = 16;
        var splits = new List<SplitCount>();
        var broken = new List<BrokenSample>();
        var lengths = new SortedDictionary<int, int>();
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        var elsewhere = new HashSet<string>(StringComparer.Ordinal);
        int total = set.Splits.Sum(set.Count), done = 0;
        foreach (string split in set.Splits)
        {
            int count = set.Count(split);
            int before = done;
            var faults = SampleLoader.Run(set, split, [.. Enumerable.Range(0, count)], side, 0, (_, _) => { },
                (n, _) => progress?.Invoke(before + n, total));
            done += count;
            var bad = faults.Select(f => f.Index).ToHashSet();
            for (int i = 0; i < count; i++)
            {
                if (bad.Contains(i))
                    continue;
                var caption = WordTokenizer.Split(set.Caption(split, i));
                lengths[caption.Count] = lengths.GetValueOrDefault(caption.Count) + 1;
                foreach (string word in caption)
                {
                    if (split == set.Splits[0])
                        words[word] = words.GetValueOrDefault(word) + 1;
                    else
                        elsewhere.Add(word);
                }
            }
            broken.AddRange(faults);
            splits.Add(new SplitCount(split, count, faults.Length));
        }
        int sound = lengths.Values.Sum();
        return new Inspection(
            set.Name,
            splits,
            [.. lengths.Select(l => new LengthCount(l.Key, l.Value))],
            sound == 0 ? 0 : lengths.Sum(l => (double)l.Key * l.Value) / sound,
            words.Count,
            [.. words.OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).Take(frequentWords)
            .Select(w => new WordCount(w.Key, w.Value))],
            [.. elsewhere.Where(w => !words.ContainsKey(w)).Order(StringComparer.Ordinal).Take(100)],
            broken)
        {
            Notices = DataNotices.OfSet(set),
        };
    }
}
