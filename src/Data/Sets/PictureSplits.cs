using Dalle2.Data.Pictures;
using Dalle2.Data.Text;

namespace Dalle2.Data.Sets;

/// <summary>Splits of pictures: what folders, tables, shards and COCO files have in common.</summary>
sealed class PictureSplits(string name, DataSetOptions options, IReadOnlyList<string> splits,
    IReadOnlyList<IReadOnlyList<PictureSample>> samples)
{
    public IReadOnlyList<string> Names => splits;

    /// <summary>The rule for sets that bring no splits of their own: a tenth is held out by its name.</summary>
    public static bool IsHeldOut(string relativeName) => Fnv1a.Hash32(relativeName) % 10 == 0;

    /// <summary>A picture's name as it is compared and held out by: without its ending, composed.</summary>
    public static string Stem(string file) => ComposedText.Compose(file[..^Path.GetExtension(file).Length]);

    /// <summary>Train and test where there are names below folders of these names, otherwise train and what is held out by its name.</summary>
    /// <param name="samples">The samples with their stems, in order.</param>
    /// <param name="files">Names below the set's folder, with forward slashes.</param>
    public static (string[] Names, List<PictureSample>[] Splits) Divide(
        IReadOnlyList<(string Stem, PictureSample Sample)> samples, IReadOnlyList<string> files)
    {
        bool isDivided = files.Any(IsTraining) && files.Any(IsTest);
        var splits = new List<PictureSample>[] { [], [] };
        foreach (var (stem, sample) in samples)
        {
            if (!isDivided)
                splits[IsHeldOut(stem) ? 1 : 0].Add(sample);
            else if (IsTest(stem))
                splits[1].Add(sample);
            else
                splits[0].Add(IsTraining(stem) ? sample : sample with { Fault = sample.Fault ?? Outside });
        }

        return (["train", isDivided ? "test" : "held-out"], splits);

        static bool IsTraining(string name) => name.StartsWith("train/", StringComparison.Ordinal);

        static bool IsTest(string name) => name.StartsWith("test/", StringComparison.Ordinal);
    }

    const string Outside = "it is outside of train/ and test/, which this folder is divided into";

    public int Count(string split)
    {
        int index = IndexOf(split);
        return index == 0 && options.Count is { } limit ? Math.Min(limit, samples[0].Count) : samples[index].Count;
    }

    public PictureSample Sample(string split, int index)
    {
        int count = Count(split);
        return index >= 0 && index < count ? samples[IndexOf(split)][index]
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"{name} {split} has {count} samples");
    }

    public Image Load(string split, int index, int side)
    {
        var sample = Sample(split, index);
        if (sample.Fault is { } fault)
            throw new BrokenSampleException(sample.Path, fault);
        try
        {
            // Held until the picture is small.
            using var memory = new DecodingMemory();
            var background = options.Background;
            return ImageTransform.ToSquare(PictureDecoder.Decode(sample.Path, sample.Source, options.MaxPixels, memory), side, options.Fit,
                background.Red, background.Green, background.Blue);
        }
        catch (OutOfMemoryException e)
        {
            throw new BrokenSampleException(sample.Path, PictureDecoder.NoMemory, e);
        }
    }

    public byte[] Bytes(string split, int index)
    {
        var sample = Sample(split, index);
        return sample.Fault is null ? PictureDecoder.Read(sample.Path, sample.Source)
            : throw new BrokenSampleException(sample.Path, sample.Fault);
    }

    public (int Width, int Height)? Size(string split, int index) =>
        Sample(split, index) is { Fault: null } sample ? PictureDecoder.Measure(sample.Path, sample.Source) : null;

    int IndexOf(string split)
    {
        for (int i = 0; i < splits.Count; i++)
        {
            if (splits[i] == split)
                return i;
        }
        throw new ArgumentException($"{name} has no split '{split}'; it has {string.Join(", ", splits)}", nameof(split));
    }
}
