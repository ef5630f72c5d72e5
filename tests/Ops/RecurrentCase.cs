namespace Dalle2.Ops;

/// <summary>Sizes: steps, batch, inputs, hidden, 1 with initial states. Ragged lengths; gradients flow to the states, the final and the initial ones.</summary>
public abstract class RecurrentCase : LayerCase<Recurrent>
{
    bool withInitial;

    public override int[][] Shapes => [[1, 1, 1, 1, 0], [3, 2, 2, 3, 1], [5, 4, 3, 4, 0], [7, 3, 5, 2, 1]];

    public override int[][] BenchShapes => [[16, 64, 128, 256, 0], [24, 64, 256, 512, 0]];

    protected abstract int Panels { get; }

    protected abstract bool HasCell { get; }

    public override (double Flops, double Bytes) Cost(int[] s) =>
        (2.0 * s[0] * s[1] * (s[2] + s[3]) * Panels * s[3],
        4.0 * (s[0] * s[1] * (s[2] + (Panels + 1.0) * s[3]) + (s[2] + s[3]) * Panels * s[3]));

    public override (double Flops, double Bytes) BackwardCost(int[] s) =>
        (4.0 * s[0] * s[1] * (s[2] + s[3]) * Panels * s[3],
        4.0 * (s[0] * s[1] * (2.0 * s[2] + (Panels + 2.0) * s[3]) + 2.0 * (s[2] + s[3]) * Panels * s[3]));

    public override Argument[] Inputs(int[] s)
    {
        int steps = s[0], batch = s[1];
        // The first sequence is full, the second has one step, the others lie between.
        int[] lengths = [.. Enumerable.Range(0, batch).Select(b => b == 0 ? steps : 1 + (b - 1) * 2 % steps)];
        List<Argument> inputs = [Argument.Normal("x", 1, steps, batch, s[2]), Argument.Given("lengths", lengths, batch)];
        if (s[4] == 1)
            inputs.Add(Argument.Normal("h0", 1, batch, s[3]));
        if (s[4] == 1 && HasCell)
            inputs.Add(Argument.Normal("c0", 1, batch, s[3]));
        return [.. inputs];
    }

    public override double[][] Reference(int[] s, double[][] args)
    {
        int steps = s[0], batch = s[1], inputs = s[2], size = s[3], first = Inputs(s).Length;
        var states = new double[steps * batch * size];
        double[] h = s[4] == 1 ? [.. args[2]] : new double[batch * size];
        double[] c = s[4] == 1 && HasCell ? [.. args[3]] : new double[batch * size];
        for (int t = 0; t < steps; t++)
        {
            for (int b = 0; b < batch; b++)
            {
                if (t < args[1][b])
                {
                    double[] p = Product(args[0].AsSpan((t * batch + b) * inputs, inputs), args[first], Panels * size);
                    double[] q = Product(h.AsSpan(b * size, size), args[first + 1], Panels * size);
                    Step(p, q, args[(first + 2)..], h.AsSpan(b * size, size), c.AsSpan(b * size, size));
                }

                h.AsSpan(b * size, size).CopyTo(states.AsSpan((t * batch + b) * size));
            }
        }

        return HasCell ? [states, h, c] : [states, h];
    }

    /// <summary>One sequence's step: from the products with x and h, without biases, to the new states in place.</summary>
    protected abstract void Step(double[] p, double[] q, double[][] biases, Span<double> h, Span<double> c);

    protected static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    protected override Tensor[] Forward(Context context, Recurrent layer, DeviceArguments args)
    {
        withInitial = args.Count - layer.AllParameters.Count() > 2;
        Tensor all = layer.Forward(context, args[0], args.Integers(1), withInitial ? args[2] : null, withInitial
            && HasCell ? args[3] : null);
        return HasCell ? [all, layer.Final, layer.FinalCell!] : [all, layer.Final];
    }

    protected override Tensor?[] Backward(Context context, Recurrent layer, DeviceArguments args, Tensor[] gradients)
    {
        Tensor dx = layer.Backward(context, gradients[0], gradients[1], HasCell ? gradients[2] : null);
        List<Tensor?> all = [dx, null];
        if (withInitial)
            all.Add(layer.InitialHiddenGradient);
        if (withInitial && HasCell)
            all.Add(layer.InitialCellGradient);
        return [.. all];
    }

    static double[] Product(Span<double> row, double[] matrix, int cols)
    {
        var y = new double[cols];
        for (int i = 0; i < row.Length; i++)
        {
            for (int j = 0; j < cols; j++)
                y[j] += row[i] * matrix[i * cols + j];
        }

        return y;
    }
}
