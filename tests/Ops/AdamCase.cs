namespace Dalle2.Ops;

/// <summary>Sizes: elements, 1 with clipping, 1 with weight decay of all but the last eighth. Three steps with three gradients; outputs are the values and both moments.</summary>
public sealed class AdamCase : OpCase
{
    const int Steps = 3;
    const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, Decay = 0.1, Clip = 0.75;

    public override int[][] Shapes => [[1, 0, 0], [67, 1, 0], [4096, 0, 1], [9001, 1, 1]];

    public override int[][] BenchShapes => [[2_000_000, 1, 0]];

    public override (double Flops, double Bytes) Cost(int[] s) => (14.0 * s[0], 32.0 * s[0]);

    public override double Footprint(int[] s) => 16.0 * s[0];

    public override Argument[] Arguments(int[] s) =>
    [
        Argument.Normal("values", 1, s[0]).Constant(), Argument.Normal("gradients", 0.5, Steps, s[0]).Constant(),
        Argument.Normal("firstMoments", 0.1, s[0]).Constant(), Argument.Uniform("secondMoments", 0, 0.1, s[0]).Constant(),
    ];

    public override double[][] Reference(int[] s, double[][] args)
    {
        int n = s[0];
        double[] w = [.. args[0]], m = [.. args[2]], v = [.. args[3]];
        for (int t = 1; t <= Steps; t++)
        {
            double[] g = args[1][((t - 1) * n)..(t * n)];
            double norm = Math.Sqrt(g.Sum(x => x * x));
            for (int i = 0; i < n; i++)
            {
                double clipped = s[1] == 1 ? g[i] * Math.Min(1, Clip / norm) : g[i];
                m[i] = Beta1 * m[i] + (1 - Beta1) * clipped;
                v[i] = Beta2 * v[i] + (1 - Beta2) * clipped * clipped;
                double mean = m[i] / (1 - Math.Pow(Beta1, t)), square = v[i] / (1 - Math.Pow(Beta2, t));
                w[i] -= i < Decayed(s) ? Rate * Decay * w[i] : 0;
                w[i] -= Rate * mean / (Math.Sqrt(square) + Epsilon);
            }
        }

        return [w, m, v];
    }

    public override Tensor[] Forward(Context context, int[] s, DeviceArguments args)
    {
        Stream stream = context.Stream;
        Tensor[] state = [Copy(args[0]), Copy(args[2]), Copy(args[3])];
        Tensor norm = context.Allocate(1), partials = context.Allocate(ReductionOp.Partials(s[0]));
        for (int t = 1; t <= Steps; t++)
        {
            Tensor g = Copy(args[1].At(t - 1)), step = context.Upload(Step(t), AdamStep.Length);
            ReductionOp.PartialSumsOfSquares(stream, g.View, partials.View);
            ReductionOp.Norm(stream, partials.View, norm.View);
            AdamOp.Update(stream, state[0].View, g.View, state[1].View, state[2].View, norm.View, Rule(s), step.View, Decayed(s));
        }

        return state;

        Tensor Copy(Tensor x)
        {
            Tensor copy = context.Allocate(x.Shape);
            stream.Copy(x.View, copy.View);
            return copy;
        }
    }

    // One step, over and over.
    public override OpPasses Prepare(Context context, int[] s, DeviceArguments args)
    {
        Tensor step = context.Upload(Step(1), AdamStep.Length);
        return new OpPasses(Update, null);

        Tensor[] Update()
        {
            Tensor g = args[1].At(0), norm = context.Zeros(1);
            AdamOp.Update(context.Stream, args[0].View, g.View, args[2].View, args[3].View, norm.View, Rule(s), step.View,
                Decayed(s));
            return [args[0]];
        }
    }

    static AdamRule Rule(int[] s) => AdamRule.Of(Beta1, Beta2, Epsilon, s[1] == 1 ? Clip : 0);

    static float[] Step(int t)
    {
        var scalars = new float[AdamStep.Length];
        AdamStep.Of(t, Rate, Beta1, Beta2, Decay).CopyTo(scalars);
        return scalars;
    }

    // All but the last eighth.
    static int Decayed(int[] s) => s[2] == 1 ? s[0] - s[0] / 8 : 0;

    public override Tensor?[] Backward(Context context, int[] s, DeviceArguments args, Tensor[] gradients) => [null, null, null, null];
}
