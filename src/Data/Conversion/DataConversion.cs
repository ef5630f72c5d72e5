using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Data.Conversion;

/// <summary>
/// Writes a data set in another form, which the target's name says: a folder, a table (.csv, .tsv, .jsonl) with a folder of its pictures, a
/// .parquet as Hugging Face has it, or .tar archives as webdataset has them. Pictures' files are copied as they are where the set has some;
/// generated pictures become PNG files. Read again, the set has the same names, captions, splits and pictures. Broken samples are left out.
/// </summary>
public static class DataConversion
{
    // Every picture is decoded, small, to see that it is sound.
    const int CheckedSide = 16;

    /// <summary>Writes; memory holds a few pictures for each processor.</summary>
    /// <param name="set">Any data set.</param>
    /// <param name="target">Where, and in which form.</param>
    /// <param name="side">Pixels across and down of generated pictures. Default 64.</param>
    /// <param name="replaces">Whether what is there is replaced: files, and folders of nothing but pictures and captions.</param>
    /// <param name="progress">Told how many of how many pictures are done.</param>
    /// <param name="cancellation">Stops between some pictures; nothing is left of it.</param>
    /// <exception cref="UserInputException">The target cannot be written, or no sample is sound.</exception>
    public static ConversionResult Run(IDataSet set, string target, int side = 64, bool replaces = false, Action<int, int>? progress = null,
        CancellationToken cancellation = default)
    {
        var place = new ConversionTarget(target);
        place.RequireFree(replaces);
        ConversionPlan plan = place.Plan(set);
        string? staging = null;
        try
        {
            staging = place.Stage();
            var broken = new List<BrokenSample>();
            int pictures = 0, renamed = plan.Renamed, changed;
            using (ISetWriter writer = place.Open(staging, plan))
            {
                int done = 0;
                foreach (PlannedPicture[] some in plan.Pictures.Chunk(4 * Environment.ProcessorCount))
                {
                    foreach (LoadedPicture loaded in Load(set, some, side, cancellation))
                    {
                        broken.AddRange(loaded.Broken);
                        for (int i = 0; i < loaded.Pictures.Count; i++, pictures++)
                        {
                            ConvertedPicture one = loaded.Pictures[i];
                            // Another picture of the same name.
                            renamed += i > 0 ? 1 : 0;
                            writer.Add(i == 0 ? one : one with { Name = plan.Unique(one.Name, string.Join('\n', one.Captions)) });
                        }
                    }

                    progress?.Invoke(done += some.Length, plan.Pictures.Count);
                }

                if (pictures == 0)
                    throw NoneSound(set, broken);
                writer.Finish();
                changed = writer.ChangedCaptions;
            }

            place.Publish(staging);
            SplitCount[] splits = [.. set.Splits.Select(split =>
                new SplitCount(split, set.Count(split), broken.Count(one => one.Split == split)))];
            return new ConversionResult(place.Form, place.Places, pictures, splits, broken, Notices(set, plan, renamed, changed));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw place.Fault(e);
        }
        finally
        {
            if (staging is not null && Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    static LoadedPicture[] Load(IDataSet set, PlannedPicture[] some, int side, CancellationToken cancellation)
    {
        var loaded = new LoadedPicture[some.Length];
        try
        {
            Parallel.For(0, some.Length, new ParallelOptions { CancellationToken = cancellation },
                i => loaded[i] = Load(set, some[i], side));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<UserInputException>().FirstOrDefault() is { } fault)
        {
            throw new UserInputException(fault.Message, e);
        }

        return loaded;
    }

    static LoadedPicture Load(IDataSet set, PlannedPicture planned, int side)
    {
        var broken = new List<BrokenSample>();
        var pictures = new List<(byte[] Bytes, List<string> Captions)>();
        foreach (int index in planned.Indices)
        {
            try
            {
                byte[] bytes = Sound(set, planned.Split, index, side);
                string caption = set.Caption(planned.Split, index);
                if (pictures.Find(one => one.Bytes.AsSpan().SequenceEqual(bytes)).Captions is { } captions)
                    captions.Add(caption);
                else
                    pictures.Add((bytes, [caption]));
            }
            catch (BrokenSampleException e)
            {
                broken.Add(new BrokenSample(planned.Split, index, e.SamplePath, e.Reason));
            }
        }

        return new LoadedPicture([.. pictures.Select(one => new ConvertedPicture(Ended(planned.Name, one.Bytes), one.Bytes, one.Captions))],
            broken);
    }

    static byte[] Sound(IDataSet set, string split, int index, int side)
    {
        if (set.FileBytes(split, index) is not { } bytes)
            return PictureEncoder.Png(set.Load(split, index, side));
        set.Load(split, index, CheckedSide);
        return bytes;
    }

    static string Ended(string name, byte[] file) => name.EndsWith(PlannedPicture.UnknownEnding, StringComparison.Ordinal)
        ? name[..^PlannedPicture.UnknownEnding.Length] + PictureFormats.EndingOf(file) : name;

    static UserInputException NoneSound(IDataSet set, List<BrokenSample> broken)
    {
        string first = broken.Count > 0 ? $", such as {VisibleText.Of(broken[0].Source)}: {broken[0].Reason}" : "";
        return new UserInputException($"'{VisibleText.Of(set.Name)}': no sample can be used{first}. Nothing was written.");
    }

    static List<string> Notices(IDataSet set, ConversionPlan plan, int renamed, int changed)
    {
        var notices = new List<string>();
        if (plan.BySplit)
        {
            notices.Add("pictures are below train/ and test/, so that the splits stay as they are"
                + (set.Splits.Count > 2 ? $"; test/ holds {string.Join(", ", set.Splits.Skip(1))}" : ""));
        }

        if (renamed > 0)
            notices.Add($"{renamed} pictures have other names, which the form can hold or which no other picture has");
        if (changed > 0)
            notices.Add($"{changed} captions had line breaks, which are spaces now: a .txt has a caption in each line");
        return notices;
    }

    sealed record LoadedPicture(IReadOnlyList<ConvertedPicture> Pictures, IReadOnlyList<BrokenSample> Broken);
}
