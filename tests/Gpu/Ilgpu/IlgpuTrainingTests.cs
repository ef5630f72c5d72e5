using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Training steps through ILGPU end with the bits that the CPU's do.</summary>
public class IlgpuTrainingTests
{
    [Test]
    public void Twenty_steps_end_with_the_bits_of_the_cpu()
    {
        using Device cpu = Device.Open("cpu");
        Assert.That(Train(IlgpuOnce.Cpu), Is.EqualTo(Train(cpu)));
    }

    static string Train(Device device)
    {
        var config = (ClassicConfig)ModelFamily.Default.Preset("tiny") with
        {
            Samples = 4,
            Batch = 2,
            MaxWords = 6,
            WordFeatures = 4,
            TextFeatures = 8,
            EncoderChannels = [4, 4],
            DecoderChannels = [4, 4],
            Latent = 4,
            JointFeatures = 4,
        };
        using var training = new ProfiledTraining(device, config, ClassicFamily.FineTune);
        var profiler = new StepProfiler();
        for (int step = 0; step < 20; step++)
            training.Step(profiler, step);
        return training.Fingerprint();
    }
}
