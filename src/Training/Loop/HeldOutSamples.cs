using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>Some samples of a data set's first split that is held out of training: what a stage is examined by, and what its sheet shows.</summary>
/// <param name="Captions">The captions.</param>
/// <param name="Pictures">Their pictures.</param>
/// <param name="Batch">Both, as a stage takes them.</param>
public sealed record HeldOutSamples(IReadOnlyList<string> Captions, IReadOnlyList<Image> Pictures, Batch Batch)
{
    /// <summary>
    /// Samples spread over the split, the same ones each time, and those first whose words are all known: what a model has never read it cannot draw. A
    /// broken sample is left out, it was reported when the data was read.
    /// </summary>
    /// <param name="set">The data set; of one that holds nothing out, training samples are taken.</param>
    /// <param name="config">The run's settings.</param>
    /// <param name="tokenizer">The run's words.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>The samples, or null if there is none.</returns>
    public static HeldOutSamples? Pick(IDataSet set, TrainingConfig config, WordTokenizer tokenizer, int count)
    {
        string split = set.Splits.Count > 1 && set.Count(set.Splits[1]) > 0 ? set.Splits[1] : set.Splits[0];
        var captions = new List<string>();
        var pictures = new List<Image>();
        int[] order = Philox.Permutation(RandomKey.Named(config.Seed, 0, "samples"), set.Count(split));
        foreach (int index in order.OrderBy(index => MarkedCaption.HasUnknownWords(set, split, index, tokenizer)))
        {
            if (captions.Count == count)
                break;
            try
            {
                string caption = set.Caption(split, index);
                pictures.Add(set.Load(split, index, config.ImageSide));
                captions.Add(caption);
            }
            catch (BrokenSampleException)
            {
                continue;
            }
        }

        if (captions.Count == 0)
            return null;
        int[][] tokens = [.. captions.Select(caption => tokenizer.Encode(caption, config.MaxWords) is { Length: > 0 } ids
            ? ids : [Vocabulary.Unk])];
        var batch = new Batch(tokens, [.. pictures.SelectMany(ImageTransform.ToFloats)], config.ImageSide);
        return new HeldOutSamples(captions, pictures, batch);
    }
}
