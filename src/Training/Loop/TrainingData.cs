using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>The captioned pictures that a configuration trains on.</summary>
/// <param name="Set">The set.</param>
/// <param name="Data">Its first split, read.</param>
public sealed record TrainingData(IDataSet Set, PreparedData Data)
{
    /// <summary>Reads the pictures.</summary>
    /// <param name="config">Which, and how large.</param>
    /// <param name="maxBroken">Broken samples above which reading stops.</param>
    /// <param name="observer">Hears how far it is, and what is broken.</param>
    /// <param name="cacheBytes">Bytes of pictures that are kept in memory at most; the others are read again. Null keeps all. The bits of a
    /// training do not depend on it.</param>
    /// <param name="threads">Threads that read, now and later; 0 takes one per processor.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="UserInputException">They cannot be read, or are fewer than two.</exception>
    public static TrainingData Read(TrainingConfig config, int maxBroken, ITrainingObserver observer,
        long? cacheBytes = null, int threads = 0, CancellationToken cancellation = default)
    {
        IDataSet set = Open(config);
        PreparedData data = PreparedData.Load(
            set, set.Splits[0], config.ImageSide, maxBroken, threads, observer.Preparing, cacheBytes, cancellation);
        foreach (BrokenSample broken in data.Broken)
            observer.Notice($"skipped a broken sample: {broken.Source}: {broken.Reason}");
        if (data.Count < 2)
        {
            throw new UserInputException($"{config.Data}: {DataNotices.Counts(set, data)}; at least 2 are needed to train on. See: "
                + $"{ShellCommand.Of("dalle2", "data", "inspect", config.Data)}");
        }

        if (cacheBytes is not null)
            observer.Notice(DataNotices.Kept(data));
        foreach (string notice in DataNotices.Of(set, data, config.Batch, config.Fit))
            observer.Notice(notice);
        if (Path.IsPathRooted(config.Data))
            observer.Notice(WordsToLearn(data));
        return new TrainingData(set, data);
    }

    // What a person may expect of so many pictures.
    static string WordsToLearn(PreparedData data)
    {
        const int often = 20;
        int[] counts = [.. data.Captions.SelectMany(caption => WordTokenizer.Split(caption).Distinct()).CountBy(word => word)
            .Select(word => word.Value)];
        return $"{counts.Count(count => count >= often)} of {counts.Length} words stand in {often} captions or more: these a model can "
            + "learn to draw, rarer ones hardly";
    }

    /// <summary>Opens a configuration's data set.</summary>
    /// <exception cref="UserInputException">It cannot be opened, or is not where it was.</exception>
    public static IDataSet Open(TrainingConfig config) => Path.IsPathRooted(config.Data) && !DataSets.IsThere(config.Data)
        ? throw new UserInputException($"{config.Data}: the data are not there. If they were moved, say where they are now with --data")
        : DataSets.Open(config.Data, Options(config));

    /// <summary>The options that a configuration opens its data set with.</summary>
    public static DataSetOptions Options(TrainingConfig config) => new()
    {
        Seed = config.Seed,
        Count = config.Samples == 0 ? null : config.Samples,
        Locale = config.Locale,
        ImagesFolder = config.ImagesFolder.Length == 0 ? null : config.ImagesFolder,
        ImageColumn = config.ImageColumn,
        CaptionColumn = config.CaptionColumn,
        MaxPixels = config.MaxPixels == 0 ? PictureDecoder.DefaultMaxPixels : config.MaxPixels,
        Fit = config.Fit,
        Background = config.Background is null ? Rgb.White : Rgb.Parse(config.Background),
    };

    /// <summary>The words of all captions.</summary>
    public Vocabulary BuildVocabulary() => Vocabulary.Build(Data.Captions.Take(Data.Count));

    /// <summary>The captions as word numbers.</summary>
    /// <param name="tokenizer">The words.</param>
    /// <param name="config">How many words are read.</param>
    /// <param name="observer">Hears how many captions were cut, or have no words.</param>
    public int[][] Encode(WordTokenizer tokenizer, TrainingConfig config, ITrainingObserver observer)
    {
        int cut = 0, empty = 0;
        var captions = new int[Data.Count][];
        for (int i = 0; i < Data.Count; i++)
        {
            captions[i] = tokenizer.Encode(Data.Captions[i], config.MaxWords, markEnds: false, out bool truncated);
            cut += truncated ? 1 : 0;
            if (captions[i].Length == 0)
            {
                // A caption without words still is a caption: one unknown word.
                captions[i] = [Vocabulary.Unk];
                empty++;
            }
        }

        if (cut > 0)
            observer.Notice($"{cut} captions are longer than {config.MaxWords} words and were cut; --set maxWords=N reads more");
        if (empty > 0)
            observer.Notice($"{empty} captions have no words");
        return captions;
    }
}
