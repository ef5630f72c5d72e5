using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
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
    public SampleSheet? Draw(Stage stage, Device device, WordTokenizer tokenizer)
    {
        if (HeldOutSamples.Pick(set, config, tokenizer, Cells) is not { } samples)
            return null;
        using var context = new Context(device, config.Seed);
        context.BeginStep(0, training: false);
        (string Label, float[][] Pictures)[] drawn =
        [
            .. stage.Sheet(context, samples.Batch, config.Seed).Select(one => (one.Label, one.Pictures.ToArray(device.Stream)
                .Chunk(config.ImageSide * config.ImageSide * 3).ToArray())),
        ];
        if (drawn.Length == 0)
            return null;
        ContactCell[] cells = [.. samples.Captions.Select((caption, i) => new ContactCell(
            MarkedCaption.Of(caption, tokenizer),
            [
                .. drawn.Select(one => (one.Label, ImageTransform.FromFloats(one.Pictures[i], config.ImageSide, config.ImageSide))),
                ("truth", samples.Pictures[i]),
            ]))];
        var sheet = new SampleSheet(PathOf(stage), ContactSheet.Draw(cells, Columns), [.. cells.Select(cell => cell.Caption)]);
        AtomicFile.Write(sheet.Path, PictureEncoder.Png(sheet.Picture));
        return sheet;
    }

    string PathOf(Stage stage) => Path.Combine(run.SamplesPath, $"{stage.Name}.png");
}
