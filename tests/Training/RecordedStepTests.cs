using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Models.Parts;
using Dalle2.Tests.Gpu.Cuda;

namespace Dalle2.Tests.Training;

/// <summary>A step needs the host at its beginning, for the batch, and at its end, for the figures, and nowhere between: it is recorded once for each shape.</summary>
[Parallelizable(ParallelScope.Children)]
sealed class RecordedStepTests
{
    // Batches differ in the length of their longest caption, in how many words they have, and in their noise.
    const int Steps = 12;

    public static IEnumerable<string> Stages => TrainingSteps.StageNames;

    [TestCaseSource(typeof(TrainingSteps), nameof(TrainingSteps.Cases))]
    public void Replayed_steps_have_the_bits_of_those_launched_one_by_one(string stage, RecurrentCell cell)
    {
        using Device device = Device.Open("cpu", 2);
        using TrainingSteps launched = new(device, stage, cell) { IsReplayed = false }, replayed = new(device, stage, cell);
        for (int step = 0; step < Steps; step++)
            Assert.That(replayed.Run(step), Is.EqualTo(launched.Run(step)).And.Not.NaN, $"loss of step {step}");
        Assert.That(replayed.State(), Is.EqualTo(launched.State()));
    }

    [TestCaseSource(nameof(Stages))]
    public void The_host_launches_once_in_a_replayed_step(string stage)
    {
        var driver = new StandInDriver();
        using CudaDevice card = StandInDevice.Open(driver);
        using Device cpu = Device.Open("cpu", 2);
        // Two pictures: each batch has the same two, in one order or the other.
        using TrainingSteps onCard = new(card, stage, samples: 2, batch: 2), onCpu = new(cpu, stage, samples: 2, batch: 2);
        for (int step = 0; step < 3; step++)
        {
            driver.Calls.Clear();
            Assert.That(onCard.Run(step), Is.EqualTo(onCpu.Run(step)).And.Not.NaN, $"loss of step {step}");
        }

        string[] calls = [.. driver.Calls.Where(call => call.StartsWith("Launch") || call.StartsWith("Graph") || call.StartsWith("Mem"))
            .Select(call => call.Split(' ')[0])];
        Assert.That(calls, Is.EqualTo((string[])["MemcpyHtoDAsync", "GraphLaunch", "MemcpyDtoHAsync"]));
        Assert.That(onCard.State(), Is.EqualTo(onCpu.State()));
    }

    [Test]
    public void Without_replay_each_kernel_is_launched_in_each_step()
    {
        var driver = new StandInDriver();
        using CudaDevice card = StandInDevice.Open(driver);
        using var steps = new TrainingSteps(card, "image", samples: 2, batch: 2) { IsReplayed = false };
        steps.Run(0);
        driver.Calls.Clear();
        steps.Run(1);
        Assert.That(driver.Calls.Count(call => call.StartsWith("LaunchKernel")), Is.GreaterThan(20));
        Assert.That(driver.Calls, Has.None.EqualTo("GraphLaunch"));
    }
}
