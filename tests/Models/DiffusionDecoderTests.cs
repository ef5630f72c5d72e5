using Dalle2.Gpu.Runtime;
using Dalle2.Kernels;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Models.Diffusion;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;

namespace Dalle2.Tests.Models;

/// <summary>Drawing and inverting with a small network. As a network begins, it predicts a v of nothing: then a step of DDIM multiplies by the cosine of its angle.</summary>
public class DiffusionDecoderTests
{
    const int Side = 4, Count = 2, Length = Side * Side * 3;

    Device device = null!;
    Context context = null!;
    UnclipModel model = null!;
    DiffusionDecoder decoder = null!;

    [SetUp]
    public void Open()
    {
        device = Device.Open("cpu", 1);
        context = new Context(device);
        context.BeginStep(0, training: false);
        var sizes = new UnclipArchitecture
        {
            Vocabulary = 4,
            ImageSide = Side,
            WordFeatures = 2,
            TextFeatures = 2,
            MostWords = 2,
            Cell = RecurrentCell.Gru,
            EncoderChannels = [2],
            Embedding = 3,
            PriorWidth = 2,
            PriorBlocks = 1,
            DecoderChannels = [4],
            DecoderBlocks = 1,
            DecoderConditions = 4,
            DecoderHeads = 1,
        };
        model = new UnclipModel(device, sizes, seed: 1);
        decoder = new DiffusionDecoder(model);
    }

    [TearDown]
    public void Close()
    {
        model.Dispose();
        context.Dispose();
        device.Dispose();
    }

    [Test]
    public void Without_a_prediction_a_picture_is_its_noise_times_all_cosines()
    {
        var sampler = Ddim(5);
        double product = 1;
        for (int step = 0; step < sampler.Steps; step++)
            product *= Math.Cos(Angle(sampler.TimeOf(step)) - Angle(sampler.TimeOf(step + 1)));
        float[] noise = Normals("noise");
        Assert.That(Draw(noise, sampler), Is.EqualTo(noise.Select(value => (product * value + 1) / 2)).Within(1e-5));
        Assert.That(Invert(noise, sampler), Is.EqualTo(noise.Select(value => value / product)).Within(1e-4));
    }

    [Test]
    public void It_is_told_a_picture_s_embedding_or_nothing()
    {
        Tensor pictures = context.Upload([.. Normals("seen").Select(value => Math.Clamp(.5f + value / 4, 0, 1))], Count, Side, Side, 3);
        float[] unit = model.Clip.EmbedImages(context, pictures).ToArray(device.Stream);
        float[] told = model.EmbedImages(context, pictures, context.Upload([0, 1], Count)).ToArray(device.Stream);
        Assert.That(told[..3], Is.EqualTo(unit[..3].Select(value => Math.Sqrt(3) * value)).Within(1e-5));
        Assert.That(told[..3].Sum(value => value * value), Is.EqualTo(3).Within(1e-4));
        Assert.That(told[3..], Is.All.Zero);
    }

    [TestCase(1f)]
    [TestCase(2.5f)]
    public void A_picture_is_drawn_again_from_the_noise_behind_it(float guidance)
    {
        LetItPredict();
        float[] pictures = [.. Normals("pictures").Select(value => Math.Clamp(value / 2, -1, 1))];
        double Error(float[] noise, DdimSampler sampler) =>
            Draw(noise, sampler, guidance).Zip(pictures, (drawn, value) => Math.Abs(2 * drawn - 1 - value)).Max();
        double few = Error(Invert(pictures, Ddim(10), guidance), Ddim(10)), more = Error(Invert(pictures, Ddim(80), guidance), Ddim(80));
        Assert.That(few, Is.LessThan(Error(Normals("anew"), Ddim(10)) / 3));
        Assert.That(more, Is.LessThan(few / 3));
    }

    [Test]
    public void What_a_mask_keeps_is_as_it_was_and_the_rest_as_drawn_with_it()
    {
        LetItPredict();
        float[] noise = Normals("noise"), pictures = [.. Normals("pictures").Select(value => Math.Clamp(value / 2, -1, 1))];
        var sampler = new DdimSampler(decoder.Schedule, 6, DiffusionTarget.Velocity, eta: 0.5);
        int[] mask = [.. Enumerable.Range(0, Count * Side * Side).Select(pixel => pixel % 3 == 0 ? 0 : 1)];
        float[] plain = Draw(noise, sampler), once = Draw(noise, sampler, known: Known(pictures, mask, 1)),
            again = Draw(noise, sampler, known: Known(pictures, mask, 3));
        for (int i = 0; i < plain.Length; i++)
        {
            if (mask[i / 3] != 0)
                continue;
            Assert.That(once[i], Is.EqualTo((pictures[i] + 1) / 2).Within(1e-6));
            Assert.That(again[i], Is.EqualTo((pictures[i] + 1) / 2).Within(1e-6));
        }

        // The network sees the known pixels beside those that it draws.
        Assert.That(Drawn(once), Is.Not.EqualTo(Drawn(plain)));
        Assert.That(Drawn(again), Is.Not.EqualTo(Drawn(once)));
        Assert.That(Draw(noise, sampler, known: Known(pictures, [.. mask.Select(_ => 1)], 1)), Is.EqualTo(plain));

        float[] Drawn(float[] all) => [.. all.Where((_, i) => mask[i / 3] != 0)];
    }

    [Test]
    public void What_stays_has_as_much_noise_as_the_sample_on_its_way()
    {
        float[] pictures = Normals("pictures");
        var sampler = new DdimSampler(decoder.Schedule, 2, DiffusionTarget.Velocity, end: 0.5);
        float[] drawn = Draw(Normals("noise"), sampler, known: Known(pictures, new int[Count * Side * Side], 1));
        double alpha = decoder.Schedule.Alpha(0.5), sigma = decoder.Schedule.Sigma(0.5);
        Assert.That(Deviation(drawn.Zip(pictures, (value, own) => 2 * value - 1 - alpha * own)), Is.EqualTo(sigma).Within(0.15));
    }

    [Test]
    public void Between_two_rounds_of_a_step_the_noise_is_put_back()
    {
        // Without a prediction: times the cosine, what noise belongs to the time before, and the cosine again; then the last step, once.
        var sampler = new DdimSampler(decoder.Schedule, 2, DiffusionTarget.Velocity, start: 0.9, end: 0.3);
        int[] mask = [.. Enumerable.Repeat(1, Count * Side * Side)];
        float[] drawn = Draw(Normals("noise"), sampler, known: Known(Normals("pictures"), mask, 2));
        double[] angles = [.. Enumerable.Range(0, 3).Select(step => Angle(sampler.TimeOf(step)))];
        double first = Math.Pow(Math.Cos(angles[0] - angles[1]), 2), second = Math.Pow(Math.Cos(angles[1] - angles[2]), 2);
        double kept = Math.Pow(Math.Cos(angles[0]) / Math.Cos(angles[1]), 2);
        double put = Math.Pow(Math.Sin(angles[0]), 2) - kept * Math.Pow(Math.Sin(angles[1]), 2);
        Assert.That(Deviation(drawn.Select(value => 2.0 * value - 1)),
            Is.EqualTo(Math.Sqrt((kept * first + put) * first * second)).Within(0.15));
        Assert.That(drawn, Is.Not.EqualTo(Draw(Normals("noise"), sampler)));
    }

    [Test]
    public void A_picture_with_noise_of_its_own_and_a_mask_is_the_same_alone()
    {
        LetItPredict();
        float[] noise = Normals("noise"), pictures = Normals("pictures");
        var sampler = new DdpmSampler(decoder.Schedule, 3, DiffusionTarget.Velocity);
        int[] mask = [.. Enumerable.Range(0, Count * Side * Side).Select(pixel => pixel % 2)];
        float[] both = Draw(noise, sampler, known: Known(pictures, mask, 2));
        context.BeginStep(1, training: false);
        float[] second = decoder.Draw(
            context, context.Upload(noise.AsSpan(Length), 1, Side, Side, 3), Embeddings().Slice(1, 1), sampler, 1, Key(5),
            new KnownPictures(context.Upload(pictures.AsSpan(Length), 1, Side, Side, 3),
                context.Upload(mask.AsSpan(Side * Side), 1, Side, Side), 2)).ToArray(context.Stream);
        Assert.That(second, Is.EqualTo(both[Length..]));
    }

    DdimSampler Ddim(int steps) => new(decoder.Schedule, steps, DiffusionTarget.Velocity);

    static double Deviation(IEnumerable<double> values) => Math.Sqrt(values.Average(value => value * value));

    double Angle(double time) => Math.Atan2(decoder.Schedule.Sigma(time), decoder.Schedule.Alpha(time));

    // The last convolution starts at zero.
    void LetItPredict()
    {
        Parameter last = model.StoresOf(model.Decoder)[0].Parameters.Single(parameter => parameter.Name.EndsWith("last.weight"));
        RandomOp.Normal(device.Stream, last.Value, RandomKey.Named(3, 0, "last"));
        last.Value.Write(device.Stream, [.. last.Value.ToArray(device.Stream).Select(value => 0.1f * value)]);
    }

    static float[] Normals(string name) =>
    [
        .. Enumerable.Range(0, Count * Length).Select(i => Philox.Block(RandomKey.Named(1, 0, name), (uint)i))
            .Select(words => Philox.NormalCos(words.W0, words.W1)),
    ];

    Tensor Embeddings() => context.Upload([1f, 0f, -1f, 0f, 2f, 1f], Count, 3);

    SampleKey Key(params int[] numbers) => new(RandomKey.Named(9, 0, "pictures"), context.Upload(numbers, numbers.Length));

    KnownPictures Known(float[] pictures, int[] mask, int resamplings) =>
        new(context.Upload(pictures, Count, Side, Side, 3), context.Upload(mask, Count, Side, Side), resamplings);

    float[] Draw(float[] noise, DiffusionSampler sampler, float guidance = 1, KnownPictures? known = null) => decoder.Draw(
        context, context.Upload(noise, Count, Side, Side, 3), Embeddings(), sampler, guidance, Key(3, 5), known).ToArray(context.Stream);

    float[] Invert(float[] pictures, DdimSampler sampler, float guidance = 1) => decoder.Invert(
        context, context.Upload(pictures, Count, Side, Side, 3), Embeddings(), sampler, guidance).ToArray(context.Stream);
}
