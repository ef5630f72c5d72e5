using Dalle2.Gpu.Runtime;
using Dalle2.Perf;
using Dalle2.Tests.Gpu.Cuda;

namespace Dalle2.Tests.Perf;

/// <summary>The step that is measured beside PyTorch, recorded.</summary>
public class TextVaeTests
{
    static TextVaeSize Small => new(Batch: 2, Side: 16, Words: 3, Width: 4);

    [TestCase("cpu")]
    [TestCase("stand-in")]
    public void Replays_train_as_steps_do(string name)
    {
        var driver = new StandInDriver();
        using Device device = name == "cpu" ? Device.Open("cpu", 1) : StandInDevice.Open(driver);
        using var model = new TextVae(device, Small);
        float first = model.Step();
        Recording recording = model.Record();
        Assert.That(recording.Count, Is.GreaterThan(60));
        for (int replay = 0; replay < 3; replay++)
            device.Stream.Replay(recording);

        device.Stream.Synchronize();
        float last = model.Step();
        Assert.That(last, Is.LessThan(first).And.GreaterThan(0f), "replayed steps changed the parameters, for the better");
        if (name != "cpu")
        {
            Assert.That((driver.Calls.Count(call => call.StartsWith("GraphInstantiate")),
                driver.Calls.Count(call => call.StartsWith("GraphLaunch"))), Is.EqualTo((1, 3)));
        }
    }
}
