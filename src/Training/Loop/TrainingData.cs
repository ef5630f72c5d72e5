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
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="UserInputException">They cannot be read, or are fewer than two.</exception>
    public static TrainingData Read(TrainingConfig config, int maxBroken, ITrainingObserver observer, CancellationToken cancellation = default)
    {
        IDataSet set = DataSets.Open(config.Data, Options(config));
        foreach (string notice in set.Notices)
            observer.Notice(notice);
        PreparedData data = PreparedData.Load(set, set.Splits[0], config.ImageSide, maxBroken, progress: observer.Preparing, cancellation: cancellation);
        foreach (BrokenSample broken in data.Broken)
            observer.Notice($"skipped a broken sample: {broken.Source}: {broken.Reason}");
        int heldOut = set.Splits.Skip(1).Sum(set.Count);
        if (data.Count < 2)
        {
            string others = heldOut == 0 ? "" : $" ({heldOut} more {(heldOut == 1 ? "is" : "are")} held out of training)";
            throw new UserInputException($"{config.Data}: {data.Count} usable captioned picture{(data.Count == 1 ? "" : "s")} to train on{others}, at least 2 are needed; see: {ShellCommand.Of("dalle2", "data", "inspect", config.Data)}");
        }

        if (data.Count < config.Batch)
            observer.Notice($"a step takes {config.Batch} pictures and there are {data.Count}: some stand in it more than once; --set batch=N takes fewer");
        if (heldOut == 0)
            observer.Notice("no picture is held out of training: nothing can tell how the model does on captions that it has not seen");
        return new TrainingData(set, data);
    }

    /// <summary>The options that a configuration opens its data set with.</summary>
    public static DataSetOptions Options(TrainingConfig config) => new()
    {
        Seed = config.Seed,
        Count = config.Samples == 0 ? null : config.Samples,
        Locale = config.Locale,
        ImagesFolder = config.ImagesFolder.Length == 0 ? null : config.ImagesFolder,
        MaxPixels = config.MaxPixels == 0 ? PictureDecoder.DefaultMaxPixels : config.MaxPixels,
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
