using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Diffusion;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>
/// Each form of the prior learns a conditional distribution that is known: of a caption's embedding t and the features w of its one word, the image's is <c>turned t + w + sigma noise</c>, or without
/// the word where the prior does not read it. What is drawn is as far from the mean as what it learnt from: nearer is drawing the mean, farther is not knowing it.
/// </summary>
public class PriorLearningTests
{
    const int Length = 4, Batch = 64, Drawn = 256;
    const float Sigma = 0.6f, Factor = 0.6f;

    [TestCase(PriorKind.Perceptron, 400)]
    [TestCase(PriorKind.Transformer, 600)]
    [TestCase(PriorKind.Autoregressive, 300)]
    public void It_draws_what_it_has_learnt(PriorKind kind, int steps)
    {
        using Device device = Device.Open("cpu", 2);
        using var model = new UnclipModel(device, Sizes(kind), seed: 3);
        using var context = new Context(device, seed: 7);
        ParameterStore store = model.StoresOf(model.Prior).Single();
        using var optimizer = new AdamOptimizer(device, null, store);
        bool readsWords = kind == PriorKind.Transformer;
        AutoregressivePrior? codes = kind == PriorKind.Autoregressive ? new AutoregressivePrior(model) : null;
        DiffusionPrior? diffusion = codes == null ? new DiffusionPrior(model) : null;
        EmbeddingCodes? meaning = codes?.Learn(Take(0, 2000, readsWords).Images).Codes;

        for (int step = 0; step < steps; step++)
        {
            context.BeginStep((ulong)step, training: true);
            Samples batch = Take(1 + step, Batch, readsWords);
            if (codes != null)
                Learn(context, codes, meaning!, batch);
            else
                Learn(context, diffusion!, batch);
            optimizer.Step(context, 1e-2 * (1 - step / (double)steps));
        }

        context.BeginStep(0, training: false);
        Samples fresh = Take(9999, Drawn, readsWords);
        float[] drawn;
        if (codes != null)
        {
            drawn = codes.Draw(
                context, context.Upload(fresh.Texts, Drawn, Length),
                [.. Enumerable.Range(0, Drawn * meaning!.Count).Select(i => Philox.Uniform(Words("uniform", 0, i).W0))], 1f, 1f);
        }
        else
        {
            Tensor noise = context.Upload([.. Enumerable.Range(0, Drawn * Length).Select(i => Normal("noise", 0, i))], Drawn, Length);
            diffusion!.Draw(context, noise, Condition(context, fresh), 16, 1f);
            drawn = noise.ToArray(device.Stream);
        }

        double Error(float[] values) => values.Zip(fresh.Means, (value, mean) => Math.Pow(value - mean, 2)).Average();
        double error = Error(drawn), possible = Error(fresh.Images);
        TestContext.Out.WriteLine($"{kind}: {error:F4}, of the data {possible:F4}, of zeros {Error(new float[drawn.Length]):F4}");
        Assert.That(error, Is.InRange(0.7 * possible, 1.4 * possible));
    }

    static UnclipArchitecture Sizes(PriorKind kind) => new()
    {
        Vocabulary = 4,
        ImageSide = 8,
        WordFeatures = 2,
        TextFeatures = Length,
        MostWords = 2,
        Cell = RecurrentCell.Gru,
        EncoderChannels = [2],
        Embedding = Length,
        Prior = kind,
        PriorWidth = 32,
        PriorBlocks = kind == PriorKind.Perceptron ? 2 : 1,
        PriorHeads = 2,
        PriorComponents = Length,
        PriorBuckets = 24,
        DecoderChannels = [2],
        DecoderBlocks = 1,
        DecoderConditions = 2,
        DecoderHeads = 1,
    };

    // As a stage would: teacher forcing on the codes of the batch.
    static void Learn(Context context, AutoregressivePrior prior, EmbeddingCodes meaning, Samples batch)
    {
        int[] rows = new int[Batch * meaning.Count], before = new int[rows.Length];
        for (int b = 0; b < Batch; b++)
            meaning.Encode(batch.Images.AsSpan(b * Length, Length), rows.AsSpan(b * meaning.Count, meaning.Count));

        AutoregressivePrior.Shift(rows, meaning.Count, before, meaning.Count);
        prior.Run(context, context.Upload(batch.Texts, Batch, Length), TokenBatch.Of(context, before, true, Batch, meaning.Count),
            context.Upload(rows, Batch, meaning.Count));
    }

    static void Learn(Context context, DiffusionPrior prior, Samples batch)
    {
        NoiseSchedule schedule = prior.Schedule;
        float[] times = [.. Enumerable.Range(0, Batch).Select(b => (b + 0.5f) / Batch)],
            alphas = [.. times.Select(time => (float)schedule.Alpha(time))],
            sigmas = [.. times.Select(time => (float)schedule.Sigma(time))];
        Tensor levels = context.Upload([.. times, .. alphas, .. sigmas, .. times.Select(_ => 1f)], 4, Batch);
        prior.Run(context, context.Upload(batch.Images, Batch, Length), Condition(context, batch), levels);
    }

    static PriorCondition Condition(Context context, Samples samples)
    {
        int count = samples.Texts.Length / Length;
        return new PriorCondition(context.Upload(samples.Texts, count, Length), context.Upload(samples.Words, count, 2, Length));
    }

    // Words: one of each caption, and a place without.
    static Samples Take(int number, int count, bool readsWords)
    {
        float[] images = new float[count * Length], texts = new float[count * Length], means = new float[count * Length],
            words = new float[2 * count * Length];
        for (int b = 0; b < count; b++)
        {
            for (int d = 0; d < Length; d++)
            {
                texts[b * Length + d] = Normal("text", number, b * Length + d);
                words[2 * b * Length + d] = readsWords ? Normal("word", number, b * Length + d) : 0;
            }

            // Turned by a quarter in the first two numbers, the others exchanged.
            Span<float> own = texts.AsSpan(b * Length, Length);
            float[] turned = [-own[1], own[0], own[3], own[2]];
            for (int d = 0; d < Length; d++)
            {
                means[b * Length + d] = Factor * (turned[d] + words[2 * b * Length + d]);
                images[b * Length + d] = means[b * Length + d] + Sigma * Normal("image", number, b * Length + d);
            }
        }

        return new Samples(images, texts, words, means);
    }

    static RandomBlock Words(string name, int number, int index) => Philox.Block(RandomKey.Named(11, (ulong)number, name), (uint)index);

    static float Normal(string name, int number, int index)
    {
        RandomBlock words = Words(name, number, index);
        return Philox.NormalCos(words.W0, words.W1);
    }

    sealed record Samples(float[] Images, float[] Texts, float[] Words, float[] Means);
}
