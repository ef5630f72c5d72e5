using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models;
using Dalle2.Tensors;
using Dalle2.Training.Stages;

namespace Dalle2.Training;

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

    /// <summary>Draws and writes the sheet of a finished stage; null for stages that draw nothing.</summary>
    public string? Draw(Stage stage, ClassicModel model, Device device, WordTokenizer tokenizer)
    {
        string split = set.Splits.Count > 1 ? set.Splits[1] : set.Splits[0];
        List<(string Caption, Image Truth)> samples = Pick(split);
        if (samples.Count == 0)
            return null;
        using var context = new Context(device, config.Seed);
        context.BeginStep(0, training: false);
        Tensor? pictures = stage.Name switch
        {
            StageNames.Image => ((ImageStage)stage).Autoencoder.Reconstruct(context, Upload(context, samples)),
            StageNames.Decoder or StageNames.FineTune => Generate(context, model, tokenizer, samples),
            _ => null,
        };
        if (pictures == null)
            return null;
        string label = stage.Name == StageNames.Image ? "reconstructed" : "drawn";
        float[][] values = [.. pictures.ToArray(device.Stream).Chunk(config.ImageSide * config.ImageSide * 3)];
        ContactCell[] cells = [.. samples.Select((sample, i) => new ContactCell(
            sample.Caption, [(label, ImageTransform.FromFloats(values[i], config.ImageSide, config.ImageSide)), ("truth", sample.Truth)]))];
        string path = PathOf(stage);
        byte[] png = PictureEncoder.Png(ContactSheet.Draw(cells, Columns));
        AtomicFile.Write(path, stream => stream.Write(png));
        return path;
    }

    string PathOf(Stage stage) => Path.Combine(run.SamplesPath, $"{stage.Name}.png");

    // Spread over the split, the same ones each time; a broken sample is left out, it was reported when the data was read.
    List<(string Caption, Image Truth)> Pick(string split)
    {
        var samples = new List<(string, Image)>();
        int[] order = Philox.Permutation(RandomKey.Named(config.Seed, 0, "samples"), set.Count(split));
        foreach (int index in order)
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

    Tensor Upload(Context context, List<(string Caption, Image Truth)> samples) =>
        context.Upload([.. samples.SelectMany(s => ImageTransform.ToFloats(s.Truth))], samples.Count, config.ImageSide, config.ImageSide, 3);

    Tensor Generate(Context context, ClassicModel model, WordTokenizer tokenizer, List<(string Caption, Image Truth)> samples)
    {
        int[][] tokens = [.. samples.Select(s => tokenizer.Encode(s.Caption, config.MaxWords) is { Length: > 0 } ids ? ids : [Vocabulary.Unk])];
        var batch = new Batch(tokens, config.ImageSide);
        float[] noise = LatentNoise.Draw(config.Seed, 0, batch.Size, model.Sizes.Latent, temperature: 1f);
        return new TextToImage(model, config.CreateLoss()).Draw(
            context, batch.UploadTokens(context), batch.UploadLengths(context), context.Upload(noise, batch.Size, model.Sizes.Latent));
    }
}
