using Dalle2.Data;
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
    const string Ddim = "ddim", Ddpm = "ddpm", Dpm = "dpm";

    static readonly NumberOption Guidance = new(
        "guidance", "How far drawings go towards what the embedding says: 1 as predicted, more to overdo it, 0 without it.", 2f,
        0f, 20f);

    static readonly NumberOption Steps = new("steps", "Steps of the decoder's sampler.", 20f, 1f, 1000f, Whole: true);

    static readonly ChoiceOption SamplerName = new(
        "sampler", "How the decoder takes noise away: ddim; ddpm, which draws noise anew in each step, for many steps; dpm "
        + "(DPM-Solver++ 2M), for few.", [Ddim, Ddpm, Dpm]);

    static readonly NumberOption Eta = new(
        "eta", "How much noise ddim draws anew in each step: 0 none, 1 as much as ddpm.", 0f, 0f, 1f);

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
        [Guidance, Steps, SamplerName, Eta, UpsamplerSteps, FromTextOnly, .. PriorMethod.Options];

    /// <summary>The defaults, but that pictures are resized where upsamplers would draw.</summary>
    public static SamplerSettings WithoutUpsamplers => With(UpsamplerSteps, "0");

    /// <summary>The defaults, but that the caption's embedding stands for the image's.</summary>
    public static SamplerSettings TextOnly => With(FromTextOnly, "yes");

    /// <summary>The defaults.</summary>
    public static SamplerSettings Defaults => SamplerSettings.Of(ModelFamily.Get(UnclipFamily.FamilyName));

    public IReadOnlyList<string> Stages => [UnclipFamily.Decoder];

    public IReadOnlyList<string> NeededStages =>
        [UnclipFamily.Clip, UnclipFamily.Prior, .. UnclipFamily.UpsamplerStages.Take(upsamplers.Length)];

    public Tensor Draw(
        Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings, DrawingProgress? progress = null) => Draw(
        context, EmbedPrompts(context, captions, seed, firstNumber, settings), seed, [.. Enumerable.Range(firstNumber, captions.Size)],
        settings, null, progress);

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

    public float[][] EmbedTexts(Context context, Batch captions)
    {
        TokenBatch tokens = captions.UploadTokens(context, model.TextEncoder.IsByCaption);
        return Scaled(clip.EmbedCaptions(context, tokens, captions.UploadLengths(context)).ToArray(context.Stream));
    }

    public float[][] EmbedPrompts(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings)
    {
        float[][] text = EmbedTexts(context, captions);
        return settings.Choice(FromTextOnly.Name) == "yes" ? text
            : DrawEmbeddings(context, captions, text, seed, firstNumber, settings);
    }

    public Tensor Draw(
        Context context, IReadOnlyList<float[]> embeddings, ulong seed, IReadOnlyList<int> numbers, SamplerSettings settings,
        SourcePicture? source = null, DrawingProgress? progress = null)
    {
        int count = embeddings.Count, side = model.Sizes.DecoderSide;
        DiffusionSampler steps = CreateSampler(settings, source);
        float guidance = settings.Number(Guidance.Name);
        float[] noise = source is { Mask: null } ? Repeat(Invert(context, source, steps.Steps, guidance), count)
            : LatentNoise.Draw(seed, numbers, side * side * 3, 1f, "picture");
        KnownPictures? known = source is { Mask: { } mask } ? new KnownPictures(
            context.Upload(Repeat(Reduced(context, source), count), count, side, side, 3),
            context.Upload(Repeat(Reduced(context, mask), count), count, side, side), source.Resamplings) : null;
        Tensor pictures = decoder.Draw(
            context, context.Upload(noise, count, side, side, 3), UploadEmbeddings(context, embeddings), steps, guidance,
            new SampleKey(RandomKey.Named(seed, 0, "picture"), context.Upload([.. numbers], count)), known,
            progress == null ? null : (step, clean) => progress(step + 1, steps.Steps, side, [.. clean.Chunk(side * side * 3)]));
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

    // The noise behind a picture, as its own embedding draws it.
    float[] Invert(Context context, SourcePicture source, int steps, float guidance)
    {
        int side = model.Sizes.DecoderSide;
        return decoder.Invert(
            context, context.Upload(Reduced(context, source), 1, side, side, 3),
            UploadEmbeddings(context, EmbedPictures(context, [source.Pixels])),
            new DdimSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true), guidance)
            .ToArray(context.Stream);
    }

    Tensor UploadEmbeddings(Context context, IReadOnlyList<float[]> embeddings) =>
        context.Upload([.. embeddings.SelectMany(embedding => embedding)], embeddings.Count, model.Sizes.Embedding);

    DiffusionSampler CreateSampler(SamplerSettings settings, SourcePicture? source)
    {
        int steps = (int)settings.Number(Steps.Name);
        string name = settings.Choice(SamplerName.Name);
        float eta = settings.Number(Eta.Name);
        if (eta != 0f && name != Ddim)
            throw new UserInputException($"--eta {eta} belongs to --sampler ddim, not to {name}; leave one of the two out");
        if (source != null && name == Dpm)
            throw new UserInputException("--sampler dpm draws from noise alone; to draw from a picture take ddim or ddpm");
        if (source is { Mask: null } && steps == 1)
            throw new UserInputException("--steps 1: the noise behind a picture is found in two steps or more");
        return name switch
        {
            Dpm => new DpmSolverSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true),
            Ddpm => new DdpmSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true),
            _ => new DdimSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, eta, clamps: true),
        };
    }

    // At the decoder's side, in its [-1, 1].
    float[] Reduced(Context context, SourcePicture source) =>
        [.. Reduced(context, source.Pixels, 3).Select(value => 2f * value - 1f)];

    // A pixel of the decoder's is drawn where any of those that it stands for is.
    int[] Reduced(Context context, bool[] mask) =>
        [.. Reduced(context, [.. mask.Select(isDrawn => isDrawn ? 1f : 0f)], 1).Select(share => share > 0 ? 1 : 0)];

    float[] Reduced(Context context, float[] values, int channels)
    {
        int side = model.Sizes.ImageSide;
        return model.Reduce(context, context.Upload(values, 1, side, side, channels)).ToArray(context.Stream);
    }

    static T[] Repeat<T>(T[] one, int count) => [.. Enumerable.Repeat(one, count).SelectMany(values => values)];

    // Of each caption's candidates the one nearest to it.
    float[][] DrawEmbeddings(Context context, Batch captions, float[][] text, ulong seed, int firstNumber, SamplerSettings settings)
    {
        float[] texts = [.. text.SelectMany(row => row)];
        float[][][] candidates = [.. Enumerable.Range(0, UnclipFamily.PriorCandidates).Select(one =>
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
