namespace Dalle2.Data.Text;

/// <summary>How far two words are apart, for "did you mean".</summary>
public static class EditDistance
{
    /// <summary>
    /// Damerau-Levenshtein distance in its restricted form (optimal string alignment): insertions, deletions,
    /// substitutions and swaps of neighbors, one each, no part edited twice.
    /// </summary>
    public static int Between(string a, string b)
    {
        int[] before = new int[b.Length + 1], previous = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int best = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, before[j - 2] + 1);
                current[j] = best;
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[b.Length];
    }

    /// <summary>The nearest candidates, by distance and then in their given order.</summary>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<string> candidates, int count) =>
        [.. candidates.Select((c, i) => (Word: c, Distance: Between(word, c), Order: i)).OrderBy(c => c.Distance).ThenBy(c => c.Order)
        .Take(count).Select(c => c.Word)];
}
