using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Families.Unclip;

namespace Dalle2.Tests.Training;

/// <summary>Steps in less memory: over several batches, and with maps that are computed again.</summary>
public class AccumulationTests
{
    // Of a loss per sample, of one over pairs, and of one with noise.
    [TestCase("text")]
    [TestCase("unclip/clip")]
    [TestCase("unclip/decoder")]
    public void A_step_of_several_batches_takes_their_mean_gradient(string stage)
    {
        const int batches = 3;
        using Device device = Device.Open("cpu", 1);
        using TrainingSteps several = new(device, stage, change: config => config with { Accumulation = batches, ClipNorm = 0 }),
            alone = new(device, stage);
        for (int number = 0; number < batches; number++)
        {
            alone.Context.BeginStep((ulong)number, training: true);
            alone.Stage.Step(alone.Context, alone.Sampler.Take(number));
        }

        Assert.That(several.Run(0), Is.Not.NaN);
        double[] sum = Read(alone, store => store.Gradients), moments = Read(several, store => store.Buffer(AdamOptimizer.FirstMoments));
        // Of the first step, a tenth of the gradient.
        double[] expected = [.. sum.Select(value => .1 * value / batches)];
        double scale = Math.Sqrt(expected.Sum(value => value * value) / expected.Length);
        Assert.That(scale, Is.GreaterThan(0));
        Assert.That(moments, Is.EqualTo(expected).Within(1e-4 * scale));
        // The next step goes on with the next batches.
        Assert.That(several.Run(1), Is.Not.NaN);
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
