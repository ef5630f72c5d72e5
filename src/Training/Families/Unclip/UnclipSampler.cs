using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Diffusion;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>Draws as unCLIP does: the caption's embedding, from it an image embedding by the prior (of two the one nearer to the caption), from that a picture by the decoder.</summary>
sealed class UnclipSampler(UnclipModel model) : ISampler
{
    const int PriorSteps = 16, Candidates = 2;

    const string Ddim = "ddim", Dpm = "dpm";

    static readonly NumberOption Guidance = new(
        "guidance", "How far drawings go towards what the embedding says: 1 as predicted, more to overdo it, 0 without it.", 2f,
        0f, 20f);

    static readonly NumberOption Steps = new("steps", "Steps of the decoder's sampler.", 20f, 1f, 1000f, Whole: true);

    static readonly ChoiceOption SamplerName = new(
        "sampler", "How the decoder takes noise away: ddim, or dpm (DPM-Solver++ 2M), for few steps.", [Ddim, Dpm]);

    static readonly ChoiceOption FromTextOnly = new(
        "from-text-only", "Leaves the prior out: the decoder gets the caption's embedding in place of an image's.",
        ["no", "yes"]);

    readonly ClipModel clip = new(model);
    readonly DiffusionPrior prior = new(model);
    readonly DiffusionDecoder decoder = new(model);

    public static IReadOnlyList<SamplerOption> Options { get; } = [Guidance, Steps, SamplerName, FromTextOnly];

    public IReadOnlyList<string> Stages => [UnclipFamily.Decoder];

    public Tensor Draw(Context context, Batch captions, ulong seed, int firstNumber, SamplerSettings settings)
    {
        int count = captions.Size, side = model.Sizes.ImageSide;
        float[] text = clip.EmbedCaptions(context, captions.UploadTokens(context), captions.UploadLengths(context)).ToArray(context.Stream);
        Scale(text);
        float[] image = settings.Choice(FromTextOnly.Name) == "yes" ? text : DrawEmbeddings(context, text, count, seed, firstNumber);
        float[] noise = LatentNoise.Draw(seed, firstNumber, count, side * side * 3, 1f, "picture");
        return decoder.Draw(context, context.Upload(noise, count, side, side, 3), context.Upload(image, count, model.Sizes.Embedding),
            CreateSampler(settings), settings.Number(Guidance.Name));
    }

    DiffusionSampler CreateSampler(SamplerSettings settings)
    {
        int steps = (int)settings.Number(Steps.Name);
        return settings.Choice(SamplerName.Name) == Dpm
            ? new DpmSolverSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true)
            : new DdimSampler(decoder.Schedule, steps, DiffusionTarget.Velocity, clamps: true);
    }

    // Of each caption's candidates the one nearest to it, as long as an embedding is.
    float[] DrawEmbeddings(Context context, float[] text, int count, ulong seed, int firstNumber)
    {
        int length = model.Sizes.Embedding;
        float[][] candidates = new float[Candidates][];
        for (int one = 0; one < Candidates; one++)
        {
            Tensor drawn = context.Upload(LatentNoise.Draw(seed, firstNumber, count, length, 1f, $"embedding{one}"), count, length);
            prior.Draw(context, drawn, context.Upload(text, count, length), PriorSteps);
            candidates[one] = drawn.ToArray(context.Stream);
            Scale(candidates[one]);
        }

        var nearest = new float[text.Length];
        for (int b = 0; b < count; b++)
        {
            float[] best = candidates.MaxBy(all => Dot(all.AsSpan(b * length, length), text.AsSpan(b * length, length)))!;
            best.AsSpan(b * length, length).CopyTo(nearest.AsSpan(b * length));
        }

        return nearest;
    }

    // To the length that the decoder has learnt with.
    void Scale(float[] embeddings)
    {
        int length = model.Sizes.Embedding;
        for (int start = 0; start < embeddings.Length; start += length)
        {
            Span<float> own = embeddings.AsSpan(start, length);
            float factor = ClipEmbeddings.Scale(length) / MathF.Sqrt(MathF.Max(1e-12f, (float)Dot(own, own)));
            for (int i = 0; i < length; i++)
                own[i] *= factor;
        }
    }

    static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += (double)x[i] * y[i];
        return sum;
    }
}
