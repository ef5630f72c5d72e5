using System.Globalization;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;
using Dalle2.Training.Scores;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains both encoders with the symmetric contrastive loss; every second batch is of captions that differ in one word.</summary>
sealed class ClipStage(StageDescription description, UnclipModel model, UnclipConfig config)
    : ContrastiveStage(description, config.ClipSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast),
    model.Clip, config.Embedding, model.TextEncoder.IsByCaption)
{
    public override int? BatchSize => config.ClipBatch;

    public override bool HasHardBatches => true;

    protected override Tensor Reduce(Context context, Tensor images) => model.Reduce(context, images);

    public override StageHealth Examine(Context context, HeldOutSamples samples)
    {
        Upload(context, samples.Batch);
        var (text, image) = Embed(context);
        float[][] captions = [.. text.ToArray(context.Stream).Chunk(Features)],
            pictures = [.. image.ToArray(context.Stream).Chunk(Features)];
        RetrievalScore score = RetrievalScore.Of(captions, pictures, samples.Captions);
        string sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"of {score.Count} held-out pictures {score.ImageToText1.Value:P1} find their caption at first place, "
            + $"and {score.TextToImage1.Value:P1} of the captions their picture (chance {score.Chance1:P1})");
        return new StageHealth(
            sentence, new Dictionary<string, double>
            {
                ["imageToText"] = score.ImageToText1.Value,
                ["textToImage"] = score.TextToImage1.Value,
                ["chance"] = score.Chance1,
            },
            score.ImageToText1.Low > score.Chance1 && score.TextToImage1.Low > score.Chance1 ? null
            : "CLIP tells held-out pictures no better than chance. Give it more clipSteps or a smaller learningRate, or look whether the "
            + "captions tell what is to be seen.");
    }
}
