using Dalle2.Layers;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>Every launch of every op, forward and backward: OpenCL leaves the same bits as the .NET method, with one thread a work-item and with sixteen.</summary>
public class OpenClOpCaseTests
{
    static IEnumerable<TestCaseData> Cases() =>
        from lanes in new[] { 1, 16 }
        from type in OpCase.All
        where type != typeof(ReshapeCase) // which launches nothing
        from s in OpCase.Create(type).Shapes
        select new TestCaseData(type, s, lanes).SetName($"{OpCase.NameOf(type)} {string.Join("x", s)} as opencl x{lanes}");

    [TestCaseSource(nameof(Cases))]
    public void Leaves_the_bits_of_the_method(Type type, int[] s, int lanes)
    {
        using var device = new OpenClComparison(OpenClOnce.Device(lanes));
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
