using System.Globalization;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Loop;
using Dalle2.Training.Scores;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Trains both encoders with the symmetric contrastive loss; every second batch is of captions that differ in one word.</summary>
sealed class ClipStage(StageDescription description, UnclipModel model, UnclipConfig config)
    : Stage(description, config.ClipSteps, model.StoresOf(model.TextEncoder, model.ImageEncoder, model.Contrast))
{
    readonly ContrastiveModel clip = model.Clip;
    TokenBatch? tokens;
    IntTensor? lengths;
    IntTensor? groups;
    Tensor? images;

    public override int? BatchSize => config.ClipBatch;

    public override bool HasHardBatches => true;

    public override void Upload(Context context, Batch batch)
    {
        tokens = batch.UploadTokens(context, model.TextEncoder.IsByCaption);
        (lengths, images, groups) = (batch.UploadLengths(context), batch.UploadImages(context), batch.UploadSameCaptions(context));
    }

    public override Tensor Run(Context context) => Gather(
        context, clip.Run(context, tokens!, lengths!, model.Reduce(context, images!), groups));

    protected override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));

    public override void Abandon() => clip.Abandon();

    public override StageHealth Examine(Context context, HeldOutSamples samples)
    {
        Upload(context, samples.Batch);
        int length = model.Sizes.Embedding;
        float[][] captions = [.. clip.EmbedCaptions(context, tokens!, lengths!).ToArray(context.Stream).Chunk(length)],
            pictures = [.. clip.EmbedImages(context, model.Reduce(context, images!)).ToArray(context.Stream).Chunk(length)];
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
