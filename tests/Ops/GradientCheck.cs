using System.Collections.Concurrent;

namespace Dalle2.Ops;

/// <summary>
/// Compares an op on a device with its definition: the outputs with the double-precision reference, the gradients with central differences
/// of that reference (never of the float kernel, whose rounding would drown them). Errors are relative to the largest value of each tensor.
/// </summary>
public static class GradientCheck
{
    const double Step = 1e-5;
    const double SmallestScale = 1e-2;

    // The same on every device, and what takes the longest.
    static readonly ConcurrentDictionary<(Type, string, Func<double, double>?), Lazy<Definition>> definitions = new();

    /// <summary>Checks one op at all its shapes.</summary>
    public static OpResult Run(Type caseType, Device device)
    {
        var worst = new OpResult(OpCase.NameOf(caseType), 0, true, "");
        foreach (int[] s in OpCase.Create(caseType).Shapes)
        {
            OpResult result = Run(caseType, s, device);
            bool worse = result.MaxRelativeError > worst.MaxRelativeError || double.IsNaN(result.MaxRelativeError);
            worst = (worse ? result : worst) with { Passed = worst.Passed && result.Passed };
        }

        return worst;
    }

    /// <summary>Checks one op at one shape.</summary>
    /// <param name="caseType">The op's case.</param>
    /// <param name="s">The shape.</param>
    /// <param name="device">The device.</param>
    /// <param name="round">What becomes of each number before anybody sees it, the same object for the same numbers; null leaves it.</param>
    public static OpResult Run(Type caseType, int[] s, Device device, Func<double, double>? round = null)
    {
        OpCase op = OpCase.Create(caseType);
        Argument[] arguments = op.Arguments(s);
        var (values, expected, weights, slopes) = definitions.GetOrAdd((caseType, string.Join('x', s), round),
            _ => new Lazy<Definition>(() => Define(op, s, arguments, round ?? (value => value)))).Value;

        using var context = new Context(device, seed: 3);
        // A first run grows the arena; the poison then shows what a kernel leaves unwritten or reads too early.
        Execute(op, context, s, arguments, values, weights);
        context.Arena.Poison();
        var (outputs, gradients) = Execute(OpCase.Create(caseType), context, s, arguments, values, weights);

        double worst = 0;
        string where = "";
        void Compare(string what, float[] actual, double[] reference)
        {
            double error = RelativeError(actual, reference);
            if (!(error <= worst))
                (worst, where) = (error, $"{what} at [{string.Join(", ", s)}]");
        }

        for (int o = 0; o < expected.Length; o++)
            Compare($"output {o}", outputs[o], expected[o]);
        for (int a = 0; a < arguments.Length; a++)
        {
            if (!arguments[a].Differentiable)
                continue;
            if (gradients[a] == null)
                throw new InvalidOperationException($"{op.Name}: the backward pass gives no gradient of '{arguments[a].Name}'");
            Compare($"gradient of {arguments[a].Name}", gradients[a]!, slopes[a]!);
        }

        return new OpResult(op.Name, worst, worst <= op.Tolerance, where);
    }

    static Definition Define(OpCase op, int[] s, Argument[] arguments, Func<double, double> round)
    {
        double[][] values = [.. arguments.Select(a => a.IsInteger ? a.Draw(7) : [.. a.Draw(7).Select(round)])];
        double[][] expected = op.Reference(s, values);
        double[][] weights = [.. expected.Select((o, i) => Argument.Normal($"weight {i}", 1, o.Length).Draw(11).Select(round).ToArray())];
        return new Definition(values, expected, weights,
            [.. arguments.Select((a, i) => a.Differentiable ? NumericGradient(op, s, values, i, weights) : null)]);
    }

    static (float[][] Outputs, float[]?[] Gradients) Execute(OpCase op, Context context, int[] s, Argument[] arguments, double[][] values,
        double[][] weights)
    {
        context.BeginStep(1, training: true);
        var args = new DeviceArguments(
        [
            .. arguments.Select((a, i) => a.IsInteger
                ? (object)context.Upload([.. values[i].Select(v => (int)v)], a.Extents)
                : context.Upload([.. values[i].Select(v => (float)v)], a.Extents)),
        ]);
        Tensor[] outputs = op.Forward(context, s, args);
        float[][] results = [.. outputs.Select(o => o.ToArray(context.Stream))];
        Tensor[] dy = [.. outputs.Select((o, i) => context.Upload([.. weights[i].Select(w => (float)w)], o.Shape.ToArray()))];
        float[]?[] gradients = [.. op.Backward(context, s, args, dy).Select(g => g?.ToArray(context.Stream))];
        return (results, gradients);
    }

    static double[] NumericGradient(OpCase op, int[] s, double[][] values, int argument, double[][] weights)
    {
        double Loss() => op.Reference(s, values).Zip(weights, (output, weight) => output.Zip(weight, (o, w) => o * w).Sum()).Sum();
        double[] x = values[argument];
        var gradient = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double original = x[i];
            x[i] = original + Step;
            double above = Loss();
            x[i] = original - Step;
            double below = Loss();
            x[i] = original;
            gradient[i] = (above - below) / (2 * Step);
        }

        return gradient;
    }

    static double RelativeError(float[] actual, double[] reference)
    {
        if (actual.Length != reference.Length)
            throw new InvalidOperationException($"the device gives {actual.Length} values, the reference {reference.Length}");
        double scale = SmallestScale, error = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            scale = Math.Max(scale, Math.Abs(reference[i]));
            double difference = Math.Abs(actual[i] - reference[i]);
            error = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, difference);
        }

        return error / scale;
    }

    // Inputs, outputs, the weights of their sum, and its slope in each input.
    sealed record Definition(double[][] Values, double[][] Expected, double[][] Weights, double[]?[] Slopes);
}

/// <summary>What a check found.</summary>
/// <param name="Op">The op.</param>
/// <param name="MaxRelativeError">The largest error of any output or gradient.</param>
/// <param name="Passed">Whether it is within the op's tolerance.</param>
/// <param name="Where">The tensor and the shape it was found at.</param>
public sealed record OpResult(string Op, double MaxRelativeError, bool Passed, string Where);
