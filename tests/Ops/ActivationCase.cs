namespace Dalle2.Ops;

/// <summary>Sizes: the number of the kind, elements.</summary>
public sealed class ActivationCase : UnaryLayerCase
{
    const float Slope = 0.2f;

    public override int[][] Shapes =>
        [.. Enum.GetValues<ActivationKind>().SelectMany(kind => new int[][] { [(int)kind, 1], [(int)kind, 333] })];

    public override int[][] BenchShapes => [.. Enum.GetValues<ActivationKind>().Select(kind => new int[] { (int)kind, 1 << 20 })];

    public override (double Flops, double Bytes) Cost(int[] s) => (s[1], 8.0 * s[1]);

    public override (double Flops, double Bytes) BackwardCost(int[] s) => (2.0 * s[1], 12.0 * s[1]);

    public override Argument[] Inputs(int[] s) => [Argument.Normal("x", 2, s[1])];

    public override UnaryLayer Create(int[] s) => new Activation((ActivationKind)s[0], Slope);

    public override double[][] Reference(int[] s, double[][] args) => [[.. args[0].Select(x => Value((ActivationKind)s[0], x))]];

    static double Value(ActivationKind kind, double x) => kind switch
    {
        ActivationKind.ReLU => Math.Max(x, 0),
        ActivationKind.LeakyReLU => x > 0 ? x : Slope * x,
        ActivationKind.SiLU => x / (1 + Math.Exp(-x)),
        ActivationKind.GELU => x * (1 + Erf(x / Math.Sqrt(2))) / 2,
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.QuickGELU => x / (1 + Math.Exp(-1.702 * x)),
        _ => 1 / (1 + Math.Exp(-x)),
    };

    // erf(x) = 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...), all terms of one sign.
    static double Erf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 400; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
