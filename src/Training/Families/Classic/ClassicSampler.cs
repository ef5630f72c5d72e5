using Dalle2.Layers;
using Dalle2.Models.Classic;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Classic;

/// <summary>Draws z from the prior learnt from the text, and decodes it.</summary>
sealed class ClassicSampler(ClassicModel model, ClassicConfig config) : ISampler
{
    readonly TextToImage textToImage = new(model, config.CreateLoss());

    public static NumberOption Temperature { get; } =
        new("temperature", "How far the drawings stray from the likeliest one: 0 not at all, 1 as much as the pictures trained on.", 1f, 0f,
        100f);

    public IReadOnlyList<string> Stages => [ClassicFamily.Decoder, ClassicFamily.FineTune];

    public Tensor Draw(
        Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings, DrawingProgress? progress = null)
    {
        int latent = model.Sizes.Latent;
        float[] noise = LatentNoise.Draw(seed, firstNumber, captions.Size, latent, settings.Number(Temperature.Name));
        return textToImage.Draw(context, captions.UploadTokens(context), captions.UploadLengths(context),
            context.Upload(noise, captions.Size, latent));
    }
}
