namespace Dalle2.Ops;

/// <summary>Sizes: see <see cref="RecurrentCase"/>.</summary>
public sealed class LstmCase : RecurrentCase
{
    protected override int Panels => 4;

    protected override bool HasCell => true;

    public override Recurrent Create(int[] s) => new Lstm(s[2], s[3]);

    protected override void Step(double[] p, double[] q, double[][] biases, Span<double> h, Span<double> c)
    {
        int size = h.Length;
        double[] a = [.. p.Select((v, j) => v + q[j] + biases[0][j])];
        for (int j = 0; j < size; j++)
        {
            c[j] = Sigmoid(a[size + j]) * c[j] + Sigmoid(a[j]) * Math.Tanh(a[2 * size + j]);
            h[j] = Sigmoid(a[3 * size + j]) * Math.Tanh(c[j]);
        }
    }
}
