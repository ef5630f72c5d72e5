using Dalle2.Gpu.Runtime;
using Dalle2.Models.Parts;

namespace Dalle2.Tests.Training;

/// <summary>A step needs the host at its beginning, for the batch, and at its end, for the figures, and nowhere between.</summary>
sealed class RecordedStepTests
{
    [TestCaseSource(typeof(TrainingSteps), nameof(TrainingSteps.Cases))]
    public void A_whole_step_that_is_recorded_replays_with_the_same_bits(string stage, RecurrentCell cell)
    {
        using Device device = Device.Open("cpu", 2);
        using TrainingSteps launched = new(device, stage, cell), replayed = new(device, stage, cell);
        for (int step = 0; step < 3; step++)
            Assert.That(replayed.Replay(step), Is.EqualTo(launched.Run(step)).And.Not.NaN, $"loss of step {step}");
        Assert.That(replayed.State(), Is.EqualTo(launched.State()));
    }
}
