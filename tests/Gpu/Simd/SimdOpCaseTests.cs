using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu.Simd;

/// <summary>Every launch of every op, forward and backward, with vectors of each width: the same bits as the .NET method leaves.</summary>
public class SimdOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from width in new[] { 128, 256, 512 }
        from type in OpCase.All
        where type != typeof(ReshapeCase) // which launches nothing
        from s in OpCase.Create(type).Shapes
        select new TestCaseData(width, type, s).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} on cpu:{width}");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_method(int width, Type type, int[] s)
    {
        using var device = new ComparingDevice(Device.Open($"cpu:{width}", 1));
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        Argument[] arguments = op.Arguments(s);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. arguments.Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] gradients = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        op.Backward(context, s, args, gradients);
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);
}
