using Dalle2.Gpu.Runtime;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

sealed class BatchLoaderTests
{
    [TestCase(0, 20)]
    [TestCase(7, 20)]
    [TestCase(19, 20)]
    public void It_gives_the_batches_of_the_sampler_from_any_step_on(int first, int end)
    {
        using Device device = Device.Open("reference");
        using TrainingSteps steps = new(device, "text"), same = new(device, "text");
        using var loader = new BatchLoader(steps.Sampler, first, end);
        for (int step = first; step < end; step++)
        {
            Batch expected = same.Sampler.Take(step), actual = loader.Take(step);
            Assert.That(actual.Indices.ToArray(), Is.EqualTo(expected.Indices.ToArray()), $"step {step}");
            Assert.That(actual.Tokens.ToArray(), Is.EqualTo(expected.Tokens.ToArray()), $"step {step}");
            Assert.That(actual.Lengths.ToArray(), Is.EqualTo(expected.Lengths.ToArray()), $"step {step}");
            Assert.That(actual.Images.SequenceEqual(expected.Images), $"step {step}");
        }

        Assert.That(() => loader.Take(end), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Equal_captions_of_a_batch_are_told()
    {
        using Device device = Device.Open("cpu", 1);
        using var context = new Context(device);
        context.BeginStep(0, training: false);
        var batch = new Batch([[4, 5], [6], [4, 5], [4], [6]], [], 16);
        Assert.That(batch.UploadSameCaptions(context).ToArray(device.Stream), Is.EqualTo(new[] { 0, 1, 0, 3, 1 }));
    }

    [Test]
    public void Batches_are_taken_in_turn_and_it_can_be_left_at_any_time()
    {
        using Device device = Device.Open("reference");
        using var steps = new TrainingSteps(device, "text");
        using (var loader = new BatchLoader(steps.Sampler, 0, 100))
        {
            loader.Take(0);
            Assert.That(() => loader.Take(2), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(
                "the next is number 1"));
            loader.Take(1);
        }

        new BatchLoader(steps.Sampler, 0, 100).Dispose();
        new BatchLoader(steps.Sampler, 5, 5).Dispose();
    }
}
