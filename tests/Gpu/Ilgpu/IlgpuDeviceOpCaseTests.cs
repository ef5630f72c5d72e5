using Dalle2.Ops;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Every op, forward and backward, through ILGPU: the same bits as on the device <c>reference</c>.</summary>
public class IlgpuDeviceOpCaseTests
{
    static IEnumerable<TestCaseData> All() =>
        from op in OpCaseRun.All
        select new TestCaseData(op.Type, op.Shape).SetName($"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on ilgpu:cpu");

    static IEnumerable<TestCaseData> First() =>
        from op in OpCaseRun.All.DistinctBy(one => one.Type)
        select new TestCaseData(op.Type, op.Shape).SetName(
        $"{OpCase.NameOf(op.Type)} {string.Join("x", op.Shape)} on ILGPU's own launches");

    [TestCaseSource(nameof(All))]
    public void Leaves_the_bits_of_the_reference(Type type, int[] s) => OpCaseRun.RequireEqualBits(IlgpuOnce.Cpu, type, s);

    [TestCaseSource(nameof(First))]
    public void Leaves_the_bits_of_the_reference_where_ilgpu_compiles_and_launches(Type type, int[] s) =>
    OpCaseRun.RequireEqualBits(IlgpuOnce.Card, type, s);
}
