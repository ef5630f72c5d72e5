using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Drawing;

/// <summary>
/// What a stage has learnt, to look at: reconstructions after the image stage, drawings beside the truth after the decoder's. Captions come from
/// the first split that is held out of training.
/// </summary>
sealed class SampleSheets(RunFolder run, TrainingConfig config, IDataSet set)
{
    const int Cells = 12;
    const int Columns = 6;

    /// <summary>Whether the sheet of a stage was written.</summary>
    public bool Exists(Stage stage) => File.Exists(PathOf(stage));

    /// <summary>Draws and writes the sheet of a finished stage; null for stages that have none, and for a set without samples.</summary>
    public string? Draw(Stage stage, Device device, WordTokenizer tokenizer)
    {
        if (stage.SheetLabel is not { } label)
            return null;
        string split = set.Splits.Count > 1 && set.Count(set.Splits[1]) > 0 ? set.Splits[1] : set.Splits[0];
        List<(string Caption, Image Truth)> samples = Pick(split, tokenizer);
        if (samples.Count == 0)
            return null;
        using var context = new Context(device, config.Seed);
        context.BeginStep(0, training: false);
        int[][] tokens = [.. samples.Select(s => tokenizer.Encode(s.Caption, config.MaxWords) is { Length: > 0 } ids
            ? ids : [Vocabulary.Unk])];
        var batch = new Batch(tokens, [.. samples.SelectMany(s => ImageTransform.ToFloats(s.Truth))], config.ImageSide);
        float[][] values = [.. stage.Sheet(context, batch, config.Seed).ToArray(device.Stream)
            .Chunk(config.ImageSide * config.ImageSide * 3)];
        ContactCell[] cells = [.. samples.Select((sample, i) => new ContactCell(
            MarkedCaption.Of(sample.Caption, tokenizer),
            [(label, ImageTransform.FromFloats(values[i], config.ImageSide, config.ImageSide)), ("truth", sample.Truth)]))];
        string path = PathOf(stage);
        AtomicFile.Write(path, PictureEncoder.Png(ContactSheet.Draw(cells, Columns)));
        return path;
    }

    string PathOf(Stage stage) => Path.Combine(run.SamplesPath, $"{stage.Name}.png");

    // Spread over the split, the same ones each time, and those first whose words are all known: what a model has never read it cannot draw.
    // A broken sample is left out, it was reported when the data was read.
    List<(string Caption, Image Truth)> Pick(string split, WordTokenizer tokenizer)
    {
        var samples = new List<(string, Image)>();
        int[] order = Philox.Permutation(RandomKey.Named(config.Seed, 0, "samples"), set.Count(split));
        foreach (int index in order.OrderBy(index => MarkedCaption.HasUnknownWords(set, split, index, tokenizer)))
        {
            if (samples.Count == Cells)
                break;
            try
            {
                samples.Add((set.Caption(split, index), set.Load(split, index, config.ImageSide)));
            }
            catch (BrokenSampleException)
            {
                continue;
            }
        }

        return samples;
    }
}
