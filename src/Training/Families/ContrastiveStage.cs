using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Tensors;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families;

/// <summary>Trains two encoders with the symmetric contrastive loss.</summary>
/// <param name="description">Its name, what it does, its curves.</param>
/// <param name="steps">Optimizer steps.</param>
/// <param name="trained">The parameters of both encoders and of the head.</param>
/// <param name="model">The encoders.</param>
/// <param name="features">Numbers of an embedding.</param>
/// <param name="isByCaption">Whether the text encoder takes words caption by caption.</param>
abstract class ContrastiveStage(StageDescription description, int steps, IReadOnlyList<ParameterStore> trained, ContrastiveModel model,
    int features, bool isByCaption) : Stage(description, steps, trained), IContrastiveStage
{
    TokenBatch? tokens;
    IntTensor? lengths;
    IntTensor? groups;
    Tensor? images;

    public int Features => features;

    public override void Upload(Context context, Batch batch)
    {
        tokens = batch.UploadTokens(context, isByCaption);
        (lengths, images, groups) = (batch.UploadLengths(context), batch.UploadImages(context), batch.UploadSameCaptions(context));
    }

    public override Tensor Run(Context context) =>
        Gather(context, model.Run(context, tokens!, lengths!, Reduce(context, images!), groups));

    public (Tensor Text, Tensor Image) Embed(Context context) =>
        (model.EmbedCaptions(context, tokens!, lengths!), model.EmbedImages(context, Reduce(context, images!)));

    public (Tensor Figures, Tensor Text, Tensor Image) Compare(Context context, Tensor text, Tensor image, IntTensor groups)
    {
        var (loss, dtext, dimage) = model.Compare(context, text, image, groups);
        return (Gather(context, loss), dtext, dimage);
    }

    public void Differentiate(Context context, Tensor text, Tensor image) => model.Differentiate(context, text, image);

    public override void Abandon() => model.Abandon();

    /// <summary>Pictures as the image encoder takes them.</summary>
    protected virtual Tensor Reduce(Context context, Tensor images) => images;

    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new KeyValuePair<string, double>("loss", values[0]));
}
