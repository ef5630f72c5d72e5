using System.Globalization;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Conversion;

/// <summary>
/// What the pictures of a set are called when it is written, and which of its samples are captions of one picture. Names are kept where the form
/// can have them, and so are splits: where the names alone would not tell them, they are put below <c>train/</c> and <c>test/</c>.
/// </summary>
sealed class ConversionPlan
{
    readonly HashSet<string> names = new(StringComparer.Ordinal), openStems = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> stems = new(StringComparer.Ordinal);
    readonly bool sharesStems, dotsSeparate;

    /// <summary>Plans.</summary>
    /// <param name="set">The set.</param>
    /// <param name="sharesStems">Whether captions belong to all pictures of a name without its ending.</param>
    /// <param name="dotsSeparate">Whether a file's name ends at its first dot.</param>
    public ConversionPlan(IDataSet set, bool sharesStems, bool dotsSeparate)
    {
        (this.sharesStems, this.dotsSeparate) = (sharesStems, dotsSeparate);
        var groups = set.Splits.SelectMany((split, part) =>
            Groups(set, split).Select(group => (Split: split, Part: part, group.Name, group.Indices))).ToList();
        var planned = groups.ConvertAll(group => new PlannedPicture(group.Split, NameOf(group.Name, group.Indices[0]), group.Indices));
        BySplit = groups.Exists(group => group.Name is null) || !Predicted(planned).SequenceEqual(groups.Select(group => group.Part > 0));
        for (int i = 0; i < groups.Count; i++)
        {
            PlannedPicture one = planned[i];
            string folder = BySplit ? Folder(set, groups[i].Part) : "";
            string name = Unique(folder + one.Name, string.Join('\n', one.Indices.Select(index => set.Caption(one.Split, index))));
            planned[i] = one with { Name = name };
            Renamed += groups[i].Name is { } old && name != folder + old && name != folder + old + PlannedPicture.UnknownEnding ? 1 : 0;
        }

        Pictures = planned;
    }

    /// <summary>The pictures in the order of the set.</summary>
    public IReadOnlyList<PlannedPicture> Pictures { get; }

    /// <summary>Whether names were put below the splits'.</summary>
    public bool BySplit { get; }

    /// <summary>Pictures that are called otherwise than in the set.</summary>
    public int Renamed { get; }

    /// <summary>A name that no other picture has, the given one if it is free; further ones have a number behind them, and are held out of
    /// training if the given one is.</summary>
    /// <param name="name">The name.</param>
    /// <param name="captions">All captions, for the one that may share its stem.</param>
    public string Unique(string name, string captions)
    {
        string ending = Path.GetExtension(name), stem = name[..^ending.Length];
        bool isHeldOut = PictureSplits.IsHeldOut(PictureSplits.Stem(name));
        for (int number = 1; ; number++)
        {
            string one = number == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
            string compared = PictureSplits.Stem(one + ending);
            bool isTaken = stems.TryGetValue(compared, out string? others);
            // An ending that is not known yet may be any.
            bool isFree = ending == PlannedPicture.UnknownEnding ? !isTaken
                : !openStems.Contains(compared) && (!sharesStems || !isTaken || others == captions);
            if (isFree && PictureSplits.IsHeldOut(compared) == isHeldOut && names.Add(one + ending))
            {
                stems[compared] = captions;
                if (ending == PlannedPicture.UnknownEnding)
                    openStems.Add(compared);
                return one + ending;
            }
        }
    }

    // Samples that follow each other and have one name are a picture's captions.
    static IEnumerable<(string? Name, List<int> Indices)> Groups(IDataSet set, string split)
    {
        (string? Name, List<int> Indices) last = (null, []);
        for (int i = 0; i < set.Count(split); i++)
        {
            string? name = set.FileName(split, i);
            if (name is not null && last.Indices.Count > 0 && name == last.Name)
            {
                last.Indices.Add(i);
                continue;
            }

            if (last.Indices.Count > 0)
                yield return last;
            last = (name, [i]);
        }

        if (last.Indices.Count > 0)
            yield return last;
    }

    string NameOf(string? name, int index)
    {
        string number = index.ToString("D8", CultureInfo.InvariantCulture);
        if (name is null || name.Split('/').Any(part => !IsFileName(part)))
            name = name is null ? number : $"picture-{number}";
        if (!PictureFormats.IsPictureName(name))
            name += PlannedPicture.UnknownEnding;
        if (!dotsSeparate)
            return name;
        int file = name.LastIndexOf('/') + 1;
        string ending = Path.GetExtension(name);
        return name[..file] + name[file..^ending.Length].Replace('.', '-') + ending;
    }

    // What begins with a dot is passed over by those who read.
    static bool IsFileName(string part) => part.Length is > 0 and <= 150 && part[0] != '.' && part.Trim() == part
        && !part.Any(c => char.IsControl(c) || c is '\\' or ':') && part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0;

    // Which pictures would be held out of training by their names alone.
    static IEnumerable<bool> Predicted(List<PlannedPicture> planned)
    {
        List<(string Stem, PictureSample Sample)> samples = planned.ConvertAll(one =>
            (PictureSplits.Stem(one.Name), new PictureSample("", one.Name, "")));
        var (_, splits) = PictureSplits.Divide(samples, [.. planned.Select(one => one.Name)]);
        // What is outside of both folders is neither.
        if (splits[0].Exists(sample => sample.Fault is not null))
            return [];
        var heldOut = splits[1].Select(sample => sample.Key).ToHashSet(StringComparer.Ordinal);
        return planned.Select(one => heldOut.Contains(one.Name));
    }

    static string Folder(IDataSet set, int part) => part == 0 ? "train/" : set.Splits.Count == 2 ? "test/" : $"test/{set.Splits[part]}/";
}
