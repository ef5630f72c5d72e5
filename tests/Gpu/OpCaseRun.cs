using System.Collections.Concurrent;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Tensors;

namespace Dalle2.Tests.Gpu;

/// <summary>
/// An op forward and backward on one device: all results. Devices are compared by these, not launch by launch, since the groups of a launch are the
/// device's own business.
/// </summary>
static class OpCaseRun
{
    static readonly ConcurrentDictionary<string, float[][]> References = new();

    /// <summary>Every op case with every shape; without those that launch nothing.</summary>
    public static IEnumerable<(Type Type, int[] Shape)> All =>
        from type in OpCase.All
        where type != typeof(ReshapeCase)
        from s in OpCase.Create(type).Shapes
        select (type, s);

    /// <summary>Runs a case on the device and on <c>reference</c>, which must give the same bits.</summary>
    public static void RequireEqualBits(Device device, Type type, int[] s)
    {
        float[][] expected = References.GetOrAdd($"{type.Name} {string.Join("x", s)}", _ =>
        {
            using Device reference = Device.Open("reference");
            return Run(reference, type, s);
        });
        RequireEqualBits(device, type, s, expected);
    }

    /// <summary>Runs a case on both devices, which must give the same bits.</summary>
    public static void RequireEqualBits(Device device, Device other, Type type, int[] s) =>
        RequireEqualBits(device, type, s, Run(other, type, s));

    static void RequireEqualBits(Device device, Type type, int[] s, float[][] expected)
    {
        float[][] actual = Run(device, type, s);
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (int r = 0; r < expected.Length; r++)
        {
            int at = expected[r].AsSpan().CommonPrefixLength(actual[r], Bits.Instance);
            Assert.That(at, Is.EqualTo(expected[r].Length),
                () => $"{OpCase.NameOf(type)} on {device.Name}: result {r} is {actual[r][at]:R} at {at} instead of {expected[r][at]:R}");
        }
    }

    static float[][] Run(Device device, Type type, int[] s)
    {
        using var context = new Context(device, seed: 3);
        OpCase op = OpCase.Create(type);
        context.BeginStep(1, training: true);
        var args = new DeviceArguments([.. op.Arguments(s).Select(a => Upload(context, a))]);
        Tensor[] outputs = op.Forward(context, s, args);
        Tensor[] weights = [.. outputs.Select((o, i) => (Tensor)Upload(context, Argument.Normal($"weight {i}", 1, o.Shape.ToArray())))];
        Tensor?[] gradients = op.Backward(context, s, args, weights);
        return [.. outputs.Concat(gradients.OfType<Tensor>()).Select(tensor => tensor.ToArray(context.Stream))];
    }

    static object Upload(Context context, Argument argument) => argument.IsInteger
        ? context.Upload([.. argument.Draw(7).Select(v => (int)v)], argument.Extents)
        : context.Upload([.. argument.Draw(7).Select(v => (float)v)], argument.Extents);

    sealed class Bits : IEqualityComparer<float>
    {
        public static readonly Bits Instance = new();

        public bool Equals(float x, float y) => BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y);

        public int GetHashCode(float value) => BitConverter.SingleToInt32Bits(value);
    }
}
