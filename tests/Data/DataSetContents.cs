using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

/// <summary>What is in a small set of pictures, each of one gray.</summary>
static class DataSetContents
{
    /// <summary>A picture file of one gray.</summary>
    public static byte[] Png(byte gray) => PictureEncoder.Png(ImageTransform.Composite(new Image(4, 4), gray, gray, gray));

    /// <summary>Everything that training sees of a set.</summary>
    public static string[] Seen(IDataSet set) =>
    [
        .. set.Splits.SelectMany(split => Enumerable.Range(0, set.Count(split)).Select(i =>
            $"{split} {set.Key(split, i)} {set.Caption(split, i)} {Convert.ToHexString(set.Load(split, i, 4).Rgba)}")),
    ];

    /// <summary>What loads, as caption and gray, and what does not, as key and reason.</summary>
    public static (List<(string Caption, byte Gray)> Good, Dictionary<string, string> Bad) All(IDataSet set)
    {
        var good = new List<(string, byte)>();
        var bad = new Dictionary<string, string>();
        foreach (string split in set.Splits)
        {
            for (int i = 0; i < set.Count(split); i++)
            {
                try
                {
                    good.Add((set.Caption(split, i), set.Load(split, i, 2).Rgba[0]));
                }
                catch (BrokenSampleException e)
                {
                    bad.Add(set.Key(split, i), e.Reason);
                }
            }
        }
        return (good, bad);
    }
}
