using Dalle2.Data.Emoji;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tensors;

namespace Dalle2.Training.Scores;

/// <summary>
/// The choices that a drawn emoji is put to. Tone: among the five tones of its subject and style. Subject: among fifty subjects of the
/// same tone and style. Only drawings that have such rivals take part.
/// </summary>
sealed class EmojiJudge : DrawingJudge
{
    public override bool Knows(IDataSet set) => set is EmojiDataSet;

    public override Verdict Judge(IDataSet set, JudgedDrawings drawings) =>
        new(null, Score((EmojiDataSet)set, drawings.Split, drawings.Indices, drawings.Pictures, drawings.Side));

    static List<KeyValuePair<string, EmojiScore>> Score(EmojiDataSet set, string split, IReadOnlyList<int> indices,
        IReadOnlyList<float[]> pictures, int side)
    {
        List<Entry> all = [.. from name in set.Splits from index in Enumerable.Range(0, set.Count(name)) select new Entry(name, index,
            set.Item(name, index))];
        var cache = new Dictionary<Entry, float[]>();
        float[] Truth(Entry entry) =>
            cache.TryGetValue(entry, out float[]? known)
            ? known : cache[entry] = ImageTransform.ToFloats(set.Load(entry.Split, entry.Index, side));

        ILookup<(string, string), Entry> bySubject = all.ToLookup(e => (e.Item.Vendor, e.Item.Base));
        ILookup<(string, string), Entry> byTone = all.ToLookup(e => (e.Item.Vendor, e.Item.Tone));
        List<ChoiceTrial> tones = [], subjects = [];
        for (int i = 0; i < indices.Count; i++)
        {
            EmojiItem item = set.Item(split, indices[i]);
            Entry self = all.First(e => e.Split == split && e.Index == indices[i]);
            Entry[] sameSubject = [.. bySubject[(item.Vendor, item.Base)].Where(e => IsOneTone(e.Item.Tone))
                .OrderBy(e => e.Item.Tone, StringComparer.Ordinal)];
            if (IsOneTone(item.Tone) && sameSubject.Length == EmojiScore.ToneChoices)
                tones.Add(Trial(pictures[i], sameSubject, self, Truth));
            Entry[] rivals = [.. byTone[(item.Vendor, item.Tone)].Where(e => e.Item.Base != item.Base)];
            if (rivals.Length >= EmojiScore.SubjectChoices - 1)
            {
                int[] order = Philox.Permutation(RandomKey.Named(0, (ulong)indices[i], $"rivals.{split}"), rivals.Length);
                Entry[] candidates = [self, .. order.Take(EmojiScore.SubjectChoices - 1).Select(r => rivals[r])];
                subjects.Add(Trial(pictures[i], candidates, self, Truth));
            }
        }

        var scores = new List<KeyValuePair<string, EmojiScore>>();
        if (tones.Count > 0)
            scores.Add(new("tone", EmojiScore.Of(tones)));
        if (subjects.Count > 0)
            scores.Add(new("subject", EmojiScore.Of(subjects)));
        return scores;
    }

    static bool IsOneTone(string tone) => tone.Length > 0 && !tone.Contains('-');

    static ChoiceTrial Trial(float[] drawn, Entry[] candidates, Entry self, Func<Entry, float[]> truth) =>
        new(drawn, [.. candidates.Select(truth)], Array.IndexOf(candidates, self));

    sealed record Entry(string Split, int Index, EmojiItem Item);
}
