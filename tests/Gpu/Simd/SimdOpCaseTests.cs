using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Tests.Gpu.Simd;

/// <summary>Every op, forward and backward, with vectors of each width: the same bits as on the device <c>reference</c>.</summary>
public class SimdOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from width in new[] { 128, 256, 512 }
        from op in OpCaseRun.All
        select new TestCaseData(width, op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on cpu:{width}");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_reference(int width, Type type, int[] s)
    {
        using var device = Device.Open($"cpu:{width}", 1);
        OpCaseRun.RequireEqualBits(device, type, s);
    }
}
