using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu.Ilgpu;

/// <summary>Every launch of every op, forward and backward, compiled by ILGPU: its PTX leaves the same bits as the device <c>cpu</c>.</summary>
public class IlgpuOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        OpCaseRun.All.Select(c => new TestCaseData(c.Type, c.Shape).SetName($"{OpCase.NameOf(c.Type)} {string.Join("x", c.Shape)} as ptx of ILGPU"));

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_processor(Type type, int[] s)
    {
        using var device = new ComparingDevice(new IlgpuPtxDevice(), Device.Open("cpu", threads: 1), groupThreads: 32);
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. op.Arguments(s).Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] gradients = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        op.Backward(context, s, args, gradients);
        Assert.That(device.Launches, Is.Positive.Or.EqualTo(s.Min()), "nothing is launched over nothing alone");
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);
}
