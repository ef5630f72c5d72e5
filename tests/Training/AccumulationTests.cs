using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

/// <summary>Steps in less memory: over several batches, and with maps that are computed again.</summary>
public class AccumulationTests
{
    // A loss is a mean of samples; that of captions, of words, of which batches have more or fewer.
    [TestCase("text")]
    [TestCase("image")]
    [TestCase("unclip/decoder")]
    public void A_step_of_several_batches_takes_the_mean_gradient(string stage)
    {
        const int batches = 3;
        using Device device = Device.Open("cpu", 1);
        using var alone = new TrainingSteps(device, stage);
        double[] expected = [];
        double all = 0;
        for (int number = 0; number < batches; number++)
        {
            Array.ForEach([.. alone.Stage.Trained], store => store.ClearGradients());
            Batch batch = alone.Sampler.Take(number);
            alone.Context.BeginStep((ulong)number, training: true);
            alone.Stage.Step(alone.Context, batch);
            double count = stage == "text" ? batch.Lengths.ToArray().Sum() + batch.Size : batch.Size;
            double[] gradients = Read(alone, store => store.Gradients);
            expected = [.. gradients.Select((value, i) => value * count + expected.ElementAtOrDefault(i))];
            all += count;
        }

        RequireGradient(device, stage, batches, [.. expected.Select(sum => sum / all)]);
    }

    [TestCase("joint")]
    [TestCase("unclip/clip")]
    public void A_contrastive_step_of_several_batches_compares_the_pairs_of_all(string stage)
    {
        const int batches = 3;
        using Device device = Device.Open("cpu", 1);
        using var whole = new TrainingSteps(device, stage);
        int[] samples = [.. Enumerable.Range(0, batches).SelectMany(number => whole.Sampler.Take(number).Indices.ToArray())];
        whole.Context.BeginStep(0, training: true);
        whole.Stage.Step(whole.Context, BatchSampler.Gather(whole.Sampler.Data, whole.Sampler.Captions, samples));
        RequireGradient(device, stage, batches, Read(whole, store => store.Gradients));
    }

    [Test]
    public void Maps_that_are_computed_again_save_memory_and_change_no_bit([Values("decoder", "upsampler")] string stage)
    {
        using Device device = Device.Open("cpu", 2);
        TrainingSteps Create(bool checkpoints) => new(device, $"unclip/{stage}", change: config =>
            (UnclipConfig)config with { GradientCheckpointing = checkpoints, DecoderBlocks = 3, UpsamplerBlocks = 3, Upsamplers = 1 });
        using TrainingSteps kept = Create(false), again = Create(true);
        for (int step = 0; step < 4; step++)
            Assert.That(again.Run(step), Is.EqualTo(kept.Run(step)).And.Not.NaN);
        Assert.That(again.State(), Is.EqualTo(kept.State()));
        Assert.That(again.Context.Arena.PeakBytes, Is.LessThan(0.8 * kept.Context.Arena.PeakBytes));
    }

    static void RequireGradient(Device device, string stage, int batches, double[] expected)
    {
        using var several = new TrainingSteps(device, stage, change: config => config with { Accumulation = batches, ClipNorm = 0 });
        Assert.That(several.Run(0), Is.Not.NaN);
        // Of the first step, a tenth of the gradient.
        double[] found = [.. Read(several, store => store.Buffer(AdamOptimizer.FirstMoments)).Select(moment => 10 * moment)];
        double scale = Math.Sqrt(expected.Sum(value => value * value) / expected.Length);
        Assert.That(scale, Is.GreaterThan(0));
        Assert.That(found, Is.EqualTo(expected).Within(1e-4 * scale));
        // The next step goes on with the next batches.
        Assert.That(several.Run(1), Is.Not.NaN);
    }

    static double[] Read(TrainingSteps steps, Func<ParameterStore, ILGPU.ArrayView<float>> of) =>
    [
        .. steps.Stage.Trained.SelectMany(store =>
        {
            var values = new float[of(store).Length];
            steps.Context.Stream.Read<float>(of(store), values);
            return values.Select(value => (double)value);
        }),
    ];
}
