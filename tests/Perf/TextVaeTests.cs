using Dalle2.Gpu.Runtime;
using Dalle2.Perf;
using Dalle2.Tests.Gpu.Cuda;

namespace Dalle2.Tests.Perf;

/// <summary>The step that is measured beside PyTorch, replayed as a training does it and launched kernel by kernel.</summary>
public class TextVaeTests
{
    static TextVaeSize Small => new(Batch: 2, Side: 16, Words: 3, Width: 4, Vocabulary: 50, TextFeatures: 16);

    [TestCase("cpu")]
    [TestCase("stand-in")]
    public void Replayed_steps_lose_what_launched_ones_do(string name)
    {
        var driver = new StandInDriver();
        using Device device = name == "cpu" ? Device.Open("cpu", 1) : StandInDevice.Open(driver);
        using var model = new TextVae(device, Small);
        using var launched = new TextVae(device, Small) { IsReplayed = false };
        for (int step = 0; step < 4; step++)
            Assert.That(model.Step(), Is.EqualTo(launched.Step()).And.GreaterThan(0f), $"step {step}");
        if (name != "cpu")
        {
            Assert.That((driver.Calls.Count(call => call.StartsWith("GraphInstantiate")),
                driver.Calls.Count(call => call.StartsWith("GraphLaunch"))), Is.EqualTo((1, 3)));
        }
    }
}
