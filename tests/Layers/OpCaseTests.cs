using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Tests.Layers;

/// <summary>Every op on every device, forward and backward, against its double-precision definition.</summary>
[Parallelizable(ParallelScope.Children)]
public class OpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from device in new[] { "reference", "cpu" }
        from type in OpCase.All
        from s in OpCase.Create(type).Shapes
        select new TestCaseData(device, type, s).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} on {device}");

    [TestCaseSource(nameof(Cases))]
    public void Agrees_with_its_definition(string deviceName, Type type, int[] s)
    {
        using Device device = Device.Open(deviceName, deviceName == "cpu" ? 2 : 0);
        OpResult result = GradientCheck.Run(type, s, device);
        Assert.That(result.Passed, Is.True, $"{result.Op}: relative error {result.MaxRelativeError:E2} in {result.Where}");
    }
}
