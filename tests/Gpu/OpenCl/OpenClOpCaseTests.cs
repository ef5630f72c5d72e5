using Dalle2.Ops;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>Every op, forward and backward, with sixteen threads a work-item: the same bits as on the device <c>reference</c>.</summary>
public class OpenClOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from op in OpCaseRun.All
        select new TestCaseData(op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on opencl");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_reference(Type type, int[] s) => OpCaseRun.RequireEqualBits(OpenClOnce.Device(16), type, s);
}
