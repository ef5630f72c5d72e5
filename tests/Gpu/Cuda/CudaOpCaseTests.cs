using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Ops;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>Every op, forward and backward, through the CUDA device and a driver that interprets PTX: the same bits as on the device <c>reference</c>.</summary>
[Parallelizable(ParallelScope.Children)]
public class CudaOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from op in OpCaseRun.All
        select new TestCaseData(op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on cuda");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_reference(Type type, int[] s)
    {
        var driver = new StandInDriver();
        using (CudaDevice device = StandInDevice.Open(driver))
            OpCaseRun.RequireEqualBits(device, type, s);
        Assert.That(driver.Alive, Is.Empty);
    }
}
