using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Diffusion;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Draws as unCLIP does: the caption's embedding, from it an image embedding by the prior (of two the one nearer to the caption), from that a picture by the decoder.</summary>
sealed class UnclipSampler(UnclipModel model) : ISampler
{
    const int Candidates = 2;

    const string Ddim = "ddim", Dpm = "dpm";

    static readonly NumberOption Guidance = new(
        "guidance", "How far drawings go towards what the embedding says: 1 as predicted, more to overdo it, 0 without it.", 2f,
        0f, 20f);

    static readonly NumberOption Steps = new("steps", "Steps of the decoder's sampler.", 20f, 1f, 1000f, Whole: true);

    static readonly ChoiceOption SamplerName = new(
        "sampler", "How the decoder takes noise away: ddim, or dpm (DPM-Solver++ 2M), for few steps.", [Ddim, Dpm]);

    static readonly NumberOption UpsamplerSteps = new(
        "upsampler-steps", "Steps of each upsampler, where the run has some, by DPM-Solver++; 0 resizes bilinearly instead.", 8f, 0f, 1000f,
        Whole: true);

    static readonly ChoiceOption FromTextOnly = new(
        "from-text-only", "Leaves the prior out: the decoder gets the caption's embedding in place of an image's.",
        ["no", "yes"]);

    readonly ContrastiveModel clip = model.Clip;
    readonly PriorMethod prior = PriorMethod.Of(model);
    readonly DiffusionDecoder decoder = new(model);
    readonly Upsampler[] upsamplers = [.. model.Upsamplers.Select(network => new Upsampler(network))];

    public static IReadOnlyList<SamplerOption> Options { get; } =
        [Guidance, Steps, SamplerName, UpsamplerSteps, FromTextOnly, .. PriorMethod.Options];

    /// <summary>The defaults, but that pictures are resized where upsamplers would draw.</summary>
    public static SamplerSettings WithoutUpsamplers => With(UpsamplerSteps, "0");

    /// <summary>The defaults, but that the caption's embedding stands for the image's.</summary>
    public static SamplerSettings TextOnly => With(FromTextOnly, "yes");

    /// <summary>The defaults.</summary>
    public static SamplerSettings Defaults => SamplerSettings.Of(ModelFamily.Get(UnclipFamily.FamilyName));

    public IReadOnlyList<string> Stages => [UnclipFamily.Decoder];

    public IReadOnlyList<string> NeededStages =>
        [UnclipFamily.Clip, UnclipFamily.Prior, .. UnclipFamily.UpsamplerStages.Take(upsamplers.Length)];

    public Tensor Draw(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings) => Draw(
        context, EmbedPrompts(context, captions, seed, firstNumber, settings), seed, [.. Enumerable.Range(firstNumber, captions.Size)],
        settings);

    public float[][] EmbedPictures(Context context, IReadOnlyList<float[]> pictures)
    {
        int side = model.Sizes.ImageSide;
        return EmbedImages(context, context.Upload([.. pictures.SelectMany(picture => picture)], pictures.Count, side, side, 3));
    }

    /// <summary>The embeddings of a batch's pictures.</summary>
    public float[][] EmbedImages(Context context, Batch batch) => EmbedImages(context, batch.UploadImages(context));

    /// <summary>The embeddings of pictures in [0, 1], at the side that is drawn.</summary>
    public float[][] EmbedImages(Context context, Tensor pictures) =>
        Scaled(clip.EmbedImages(context, model.Reduce(context, pictures)).ToArray(context.Stream));

    public float[][] EmbedPrompts(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings)
    {
        TokenBatch tokens = captions.UploadTokens(context, model.TextEncoder.IsByCaption);
        float[][] text = Scaled(clip.EmbedCaptions(context, tokens, captions.UploadLengths(context)).ToArray(context.Stream));
        return settings.Choice(FromTextOnly.Name) == "yes" ? text
            : DrawEmbeddings(context, captions, text, seed, firstNumber, settings);
    }

    public Tensor Draw(Context context, IReadOnlyList<float[]> embeddings, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings)
    {
        int count = embeddings.Count, side = model.Sizes.DecoderSide;
        float[] noise = LatentNoise.Draw(seed, numbers, side * side * 3, 1f, "picture");
        Tensor images = context.Upload([.. embeddings.SelectMany(embedding => embedding)], count, model.Sizes.Embedding);
        Tensor pictures = decoder.Draw(
            context, context.Upload(noise, count, side, side, 3), images, CreateSampler(settings), settings.Number(Guidance.Name));
        for (int i = 0; i < upsamplers.Length; i++)
            pictures = Upsample(context, pictures, i, seed, numbers, settings);
        return pictures;
    }

    /// <summary>Pictures of twice the side by one of the upsamplers.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="pictures">The pictures, in [0, 1].</param>
    /// <param name="index">Which upsampler, from 0.</param>
    /// <param name="seed">With a picture's number, decides its noise.</param>
    /// <param name="numbers">The number of each picture.</param>
    /// <param name="settings">The values of the options.</param>
    public Tensor Upsample(Context context, Tensor pictures, int index, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings)
    {
        int steps = (int)settings.Number(UpsamplerSteps.Name), side = Upsampler.Factor * pictures.Shape[1];
        if (steps == 0)
            return Upsampler.Resize(context, pictures);
        Tensor large = context.Upload(
            LatentNoise.Draw(seed, numbers, side * side * 3, 1f, $"upsampler{index + 1}"), numbers.Count, side, side, 3);
        upsamplers[index].Draw(context, large, PixelRange.ToSigned(context, pictures),
            new DpmSolverSampler(upsamplers[index].Schedule, steps, DiffusionTarget.Velocity, clamps: true));
        return PixelRange.ToUnit(context, large);
    }

    static SamplerSettings With(SamplerOption option, string value) => SamplerSettings.Of(
        ModelFamily.Get(UnclipFamily.FamilyName), new Dictionary<string, string> { [option.Name] = value });

    DiffusionSampler CreateSampler(SamplerSettings settings)
    {
        int steps = (int)settings.Number(Steps.Name);
        return settings.Choice(SamplerName.Name) == Dpm
            ? new DpmSolverSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true)
            : new DdimSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true);
    }

    // Of each caption's candidates the one nearest to it.
    float[][] DrawEmbeddings(Context context, Batch captions, float[][] text, ulong seed, int firstNumber, SamplerSettings settings)
    {
        float[] texts = [.. text.SelectMany(row => row)];
        float[][][] candidates = [.. Enumerable.Range(0, Candidates).Select(one =>
            Scaled(prior.Draw(context, captions, texts, seed, firstNumber, $"embedding{one}", settings)))];
        return [.. text.Select((row, b) => candidates.Select(all => all[b]).MaxBy(drawn => Dot(drawn, row))!)];
    }

    // Rows of the length that the decoder has learnt with.
    float[][] Scaled(float[] embeddings) => [.. embeddings.Chunk(model.Sizes.Embedding).Select(ToLength)];

    static float[] ToLength(float[] embedding)
    {
        float factor = ClipEmbeddings.Scale(embedding.Length) / MathF.Sqrt(MathF.Max(1e-12f, (float)Dot(embedding, embedding)));
        return [.. embedding.Select(value => factor * value)];
    }

    static double Dot(float[] x, float[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += (double)x[i] * y[i];
        return sum;
    }
}
