using System.Diagnostics;

namespace Dalle2.Ops;

/// <summary>How long an op's passes take at one size.</summary>
/// <param name="Op">The op.</param>
/// <param name="Shape">The size, as the op's case understands it.</param>
/// <param name="Forward">The forward pass, in training: what the backward pass needs is kept.</param>
/// <param name="Backward">The gradients of all arguments and parameters; null of an op that has no backward pass.</param>
public sealed record OpTiming(string Op, int[] Shape, PassTiming Forward, PassTiming? Backward)
{
    const int FewestRuns = 5;
    const int MostRuns = 200;

    /// <summary>The passes with their names.</summary>
    public IEnumerable<(string Name, PassTiming Pass)> Passes =>
        Backward == null ? [("forward", Forward)] : [("forward", Forward), ("backward", Backward)];

    /// <summary>Times an op: forward and backward in turn, each until the host can read a result.</summary>
    /// <param name="caseType">The op's case.</param>
    /// <param name="s">The size.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="seconds">About how long to repeat it; at least five times.</param>
    public static OpTiming Measure(Type caseType, int[] s, Device device, double seconds)
    {
        OpCase op = OpCase.Create(caseType);
        using Context inputs = new(device, seed: 3), context = new(device, seed: 3);
        var args = new DeviceArguments(
        [
            .. op.Arguments(s).Select(a => a.IsInteger
                ? (object)inputs.Upload([.. a.Draw(7).Select(v => (int)v)], a.Extents)
                : inputs.Upload([.. a.Draw(7).Select(v => (float)v)], a.Extents)),
        ]);
        OpPasses passes = op.Prepare(context, s, args);
        try
        {
            context.BeginStep(1, training: true);
            Tensor[] outputs = passes.Forward();
            Tensor[] gradients = passes.Backward == null
                ? [] : [.. outputs.Select((o, i) => inputs.Upload(
                [.. Argument.Normal($"gradient {i}", 1, o.Shape.ToArray()).Draw(7).Select(v => (float)v)], o.Shape.ToArray()))];
            passes.Backward?.Invoke(gradients);

            List<double> forward = [], backward = [];
            // The run above compiles, the next finds its memory.
            for (int run = -1; run < FewestRuns || (forward.Sum() + backward.Sum() < seconds * 1e3 && run < MostRuns); run++)
            {
                context.BeginStep(1, training: true);
                double first = Time(device, () => (outputs = passes.Forward())[0]), second = 0;
                if (passes.Backward != null)
                {
                    second = Time(device, () =>
                    {
                        passes.Backward(gradients);
                        return outputs[0];
                    });
                }

                if (run < 0)
                    continue;
                forward.Add(first * 1e3);
                backward.Add(second * 1e3);
            }

            var (flops, bytes) = op.Cost(s);
            var (backwardFlops, backwardBytes) = op.BackwardCost(s);
            return new OpTiming(op.Name, s, new PassTiming(forward, flops, bytes, op.Footprint(s)),
                passes.Backward == null ? null : new PassTiming(backward, backwardFlops, backwardBytes, backwardBytes));
        }
        finally
        {
            op.Release();
        }
    }

    /// <summary>The seconds of one run, until its result can be read.</summary>
    internal static double Time(Device device, Func<Tensor> run)
    {
        long start = Stopwatch.GetTimestamp();
        Tensor result = run();
        // Devices run behind the host, in order; when something can be read, all before it is done.
        Span<float> one = stackalloc float[1];
        device.Stream.Read(result.View.SubView(0, 1), one);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
