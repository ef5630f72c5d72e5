using Dalle2.Tensors;

namespace Dalle2.Training.Loop;

/// <summary>
/// Captions that differ from each other in one word, found by an index over captions with one word left out: batches of such ones teach a contrastive model the
/// words that it would otherwise not need.
/// </summary>
public sealed class CaptionNeighbors
{
    // Each caption's groups: one for each word that is left out, where others have the same rest.
    readonly int[][] groups;
    readonly List<int[]> members = [];
    readonly int[] captionOf;
    readonly HashSet<int> taken = [];

    /// <summary>Indexes captions.</summary>
    /// <param name="captions">The word numbers of each sample, at least one each.</param>
    public CaptionNeighbors(int[][] captions)
    {
        var numbers = new Dictionary<string, int>();
        captionOf = [.. captions.Select(caption => Number(string.Join(' ', caption)))];
        var rests = new Dictionary<string, List<int>>();
        for (int i = 0; i < captions.Length; i++)
        {
            for (int left = 0; left < captions[i].Length; left++)
            {
                string rest = $"{left}:{string.Join(' ', captions[i].Where((_, at) => at != left))}";
                if (!rests.TryGetValue(rest, out List<int>? found))
                    rests.Add(rest, found = []);
                found.Add(i);
            }
        }

        var own = new List<int>[captions.Length];
        foreach (List<int> found in rests.Values.Where(found => found.Any(i => captionOf[i] != captionOf[found[0]])))
        {
            foreach (int i in found)
                (own[i] ??= []).Add(members.Count);
            members.Add([.. found]);
        }

        groups = [.. own.Select(found => found?.ToArray() ?? [])];

        int Number(string caption)
        {
            if (!numbers.TryGetValue(caption, out int number))
                numbers.Add(caption, number = numbers.Count);
            return number;
        }
    }

    /// <summary>Whether any caption has a neighbor.</summary>
    public bool HasAny => members.Count > 0;

    /// <summary>
    /// Draws samples, a pure function of the key: one at random with all neighbors that differ from it in one of its words, drawn too, then the next one. No caption comes twice as long as
    /// there are others; where captions have no neighbors, samples are drawn at random.
    /// </summary>
    public void Draw(RandomKey key, Span<int> samples)
    {
        taken.Clear();
        uint block = 0;
        int count = 0, failures = 0;
        while (count < samples.Length)
        {
            RandomBlock words = Philox.Block(key, block++);
            int anchor = (int)(words.W0 % (uint)captionOf.Length);
            // Of few captions all are in.
            bool isLate = failures > 4 * samples.Length;
            if (!taken.Add(captionOf[anchor]) && !isLate)
            {
                failures++;
                continue;
            }

            samples[count++] = anchor;
            if (groups[anchor].Length == 0)
                continue;
            int[] near = members[groups[anchor][words.W1 % (uint)groups[anchor].Length]];
            uint first = words.W2 % (uint)near.Length;
            for (int i = 0; i < near.Length && count < samples.Length; i++)
            {
                int sample = near[(first + i) % near.Length];
                if (taken.Add(captionOf[sample]))
                    samples[count++] = sample;
            }
        }
    }
}
