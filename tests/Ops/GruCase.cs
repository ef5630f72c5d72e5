namespace Dalle2.Ops;

/// <summary>Sizes: see <see cref="RecurrentCase"/>.</summary>
public sealed class GruCase : RecurrentCase
{
    protected override int Panels => 3;

    protected override bool HasCell => false;

    public override Recurrent Create(int[] s) => new Gru(s[2], s[3]);

    protected override void Step(double[] p, double[] q, double[][] biases, Span<double> h, Span<double> c)
    {
        int size = h.Length;
        for (int j = 0; j < size; j++)
        {
            double r = Sigmoid(p[j] + biases[0][j] + q[j] + biases[1][j]);
            double z = Sigmoid(p[size + j] + biases[0][size + j] + q[size + j] + biases[1][size + j]);
            double n = Math.Tanh(p[2 * size + j] + biases[0][2 * size + j] + r * (q[2 * size + j] + biases[1][2 * size + j]));
            h[j] = (1 - z) * n + z * h[j];
        }
    }
}
