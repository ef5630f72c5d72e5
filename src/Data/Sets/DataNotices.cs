using System.Globalization;
using Dalle2.Data.Pictures;
using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>What a person should be told about a set before it is trained on, a sentence each without its full stop.</summary>
public static class DataNotices
{
    /// <summary>What the set says of itself, and what its shapes, its size and its language mean for training.</summary>
    /// <param name="set">The set.</param>
    /// <param name="data">Its training split as prepared.</param>
    /// <param name="batch">Pictures of a training step.</param>
    /// <param name="fit">What is done with pictures that are not square.</param>
    public static IReadOnlyList<string> Of(IDataSet set, PreparedData data, int batch, ImageFit fit)
    {
        var notices = new List<string>(OfSet(set, fit));
        if (data.Count < batch)
        {
            notices.Add(
                $"{Pictures(data.Count)} to train on are fewer than a batch of {batch}: each step shows some of them several times; "
                + "take a smaller batch, or add pictures");
        }
        if (set.Splits.Skip(1).All(split => set.Count(split) == 0))
        {
            notices.Add("no picture is held out (one in ten is, by its name), so nothing can tell what the model makes of new captions; "
                + "put some pictures into a folder test and the others into a folder train beside it");
        }
        int spaceless = data.Captions.Count(caption => caption.EnumerateRunes().Count(SpacelessScript.Has) > 1);
        if (spaceless > 0)
        {
            int longest = data.Captions.Max(caption => WordTokenizer.Split(caption).Count);
            notices.Add($"{Captions(spaceless)} in a script without spaces between words: each character is a word of its own there, "
                + $"and the longest caption has {longest}");
        }
        return notices;
    }

    /// <summary>What the set says of itself, and what its pictures' shapes mean.</summary>
    /// <param name="set">The set.</param>
    /// <param name="fit">What is done with pictures that are not square; null where it is not known yet.</param>
    public static IReadOnlyList<string> OfSet(IDataSet set, ImageFit? fit = null)
    {
        var aspects = PictureAspects.Of(set);
        if (aspects.Losing == 0)
            return set.Notices;
        string share = $"{aspects.Losing} of {Pictures(aspects.Looked)}{(aspects.Looked < set.Count(set.Splits[0]) ? " looked at" : "")}";
        return
        [
            .. set.Notices,
            fit switch
            {
                ImageFit.Crop => $"{share} lose more than a fifth, because the centered square is cut out of them; "
                    + "fit=pad keeps all of them, on a background",
                ImageFit.Pad => $"{share} are far from square and stand on a background; "
                    + "fit=crop cuts the centered square out of them instead",
                _ => $"{share} would lose more than a fifth if the centered square were cut out of them; "
                    + $"fit={(aspects.Suggested == ImageFit.Pad ? "pad" : "crop")} is the default here",
            },
        ];
    }

    /// <summary>How many samples there are, for messages that find them too few: <c>1 usable captioned picture to train on (1 more is held
    /// out, 2 are broken)</c>.</summary>
    public static string Counts(IDataSet set, PreparedData data)
    {
        int heldOut = set.Splits.Skip(1).Sum(set.Count), broken = data.Broken.Count;
        var beside = new List<string>();
        if (heldOut > 0)
        {
            beside.Add(
                $"{heldOut} more {Are(heldOut)} held out, {(set.Splits[1] == "test" ? "in the folder test" : "one in ten by its name")}");
        }
        if (broken > 0)
            beside.Add($"{broken} {Are(broken)} broken");
        string rest = beside.Count > 0 ? $" ({string.Join("; ", beside)})" : "";
        return $"{data.Count} usable captioned picture{(data.Count == 1 ? "" : "s")} to train on{rest}";
    }

    /// <summary>How many pictures are kept in memory, and how many are read again.</summary>
    public static string Kept(PreparedData data) => string.Create(
        CultureInfo.InvariantCulture,
        $"{data.KeptCount:N0} of {data.Count:N0} pictures are kept in memory ({data.KeptBytes / 1e6:N1} MB), "
        + $"{data.Count - data.KeptCount:N0} are read again each time they come up");

    static string Are(int count) => count == 1 ? "is" : "are";

    static string Pictures(int count) => count == 1 ? "1 picture" : $"{count} pictures";

    static string Captions(int count) => count == 1 ? "1 caption is" : $"{count} captions are";
}
