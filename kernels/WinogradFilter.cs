// Winograd's minimal filtering along one axis: two neighbouring outputs y of a filter g of R taps from R + 1 multiplications instead of 2 R
//   y = A (G g * B d),  d the R + 1 inputs under the two windows, * element by element (Winograd, 1980; Lavin and Gray, arXiv 1509.09308)
//   R = 2:  B d = d0 - d1, d1, d1 - d2                  G g = g0, g0 + g1, g1                                      y = m0 + m1, m1 - m2
//   R = 3:  B d = d0 - d2, d1 + d2, d2 - d1, d1 - d3    G g = g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2       y = m0 + m1 + m2, m1 - m2 - m3
// In two dimensions the same along both axes. The gradient of the weights is the adjoint:  dg = G' (B d * A' dy).
// Nothing is multiplied but by 1/2, so that little is lost to rounding.
namespace Dalle2.Kernels;

/// <summary>The transforms of a filter of R taps along one axis. Each works on a local array from <c>at</c> on, elements <c>step</c> apart, both constants.</summary>
interface IWinogradFilter
{
    /// <summary>R.</summary>
    int Taps { get; }

    /// <summary>R + 1 inputs to B d.</summary>
    void Input(ArrayView<float> v, int at, int step);

    /// <summary>R taps to G g.</summary>
    void Weights(ArrayView<float> v, int at, int step);

    /// <summary>R + 1 products to two outputs.</summary>
    void Output(ArrayView<float> v, int at, int step);

    /// <summary>Two gradients to A' dy.</summary>
    void OutputGradient(ArrayView<float> v, int at, int step);

    /// <summary>R + 1 gradients to those of the R taps.</summary>
    void WeightGradient(ArrayView<float> v, int at, int step);

    /// <summary>Row i of B has two entries: where the first of them is, which is 1.</summary>
    int InputFirst(int i);

    /// <summary>Where the second entry of row i of B is.</summary>
    int InputSecond(int i);

    /// <summary>The second entry of row i of B.</summary>
    float InputSign(int i);
}

/// <summary>Two taps, three multiplications.</summary>
readonly struct TwoTaps : IWinogradFilter
{
    public int Taps => 2;

    public void Input(ArrayView<float> v, int at, int step)
    {
        float d0 = v[at], d1 = v[at + step], d2 = v[at + 2 * step];
        v[at] = d0 - d1;
        v[at + 2 * step] = d1 - d2;
    }

    public void Weights(ArrayView<float> v, int at, int step)
    {
        float g0 = v[at], g1 = v[at + step];
        v[at + step] = g0 + g1;
        v[at + 2 * step] = g1;
    }

    public void Output(ArrayView<float> v, int at, int step)
    {
        float m0 = v[at], m1 = v[at + step], m2 = v[at + 2 * step];
        v[at] = m0 + m1;
        v[at + step] = m1 - m2;
    }

    public void OutputGradient(ArrayView<float> v, int at, int step)
    {
        float y0 = v[at], y1 = v[at + step];
        v[at + step] = y0 + y1;
        v[at + 2 * step] = -y1;
    }

    public void WeightGradient(ArrayView<float> v, int at, int step)
    {
        float u0 = v[at], u1 = v[at + step], u2 = v[at + 2 * step];
        v[at] = u0 + u1;
        v[at + step] = u1 + u2;
    }

    public int InputFirst(int i) => i == 0 ? 0 : 1;

    public int InputSecond(int i) => i == 0 ? 1 : 2;

    public float InputSign(int i) => i == 1 ? 0f : -1f;
}

/// <summary>Three taps, four multiplications.</summary>
readonly struct ThreeTaps : IWinogradFilter
{
    public int Taps => 3;

    public void Input(ArrayView<float> v, int at, int step)
    {
        float d0 = v[at], d1 = v[at + step], d2 = v[at + 2 * step], d3 = v[at + 3 * step];
        v[at] = d0 - d2;
        v[at + step] = d1 + d2;
        v[at + 2 * step] = d2 - d1;
        v[at + 3 * step] = d1 - d3;
    }

    public void Weights(ArrayView<float> v, int at, int step)
    {
        float g0 = v[at], g1 = v[at + step], g2 = v[at + 2 * step], even = g0 + g2;
        v[at + step] = (even + g1) * 0.5f;
        v[at + 2 * step] = (even - g1) * 0.5f;
        v[at + 3 * step] = g2;
    }

    public void Output(ArrayView<float> v, int at, int step)
    {
        float m0 = v[at], m1 = v[at + step], m2 = v[at + 2 * step], m3 = v[at + 3 * step];
        v[at] = m0 + m1 + m2;
        v[at + step] = m1 - m2 - m3;
    }

    public void OutputGradient(ArrayView<float> v, int at, int step)
    {
        float y0 = v[at], y1 = v[at + step];
        v[at + step] = y0 + y1;
        v[at + 2 * step] = y0 - y1;
        v[at + 3 * step] = -y1;
    }

    public void WeightGradient(ArrayView<float> v, int at, int step)
    {
        float u0 = v[at], u1 = v[at + step], u2 = v[at + 2 * step], u3 = v[at + 3 * step], even = (u1 + u2) * 0.5f;
        v[at] = u0 + even;
        v[at + step] = (u1 - u2) * 0.5f;
        v[at + 2 * step] = even + u3;
    }

    public int InputFirst(int i) => i == 0 ? 0 : i == 2 ? 2 : 1;

    public int InputSecond(int i) => i == 2 ? 1 : i == 3 ? 3 : 2;

    public float InputSign(int i) => i == 1 ? 1f : -1f;
}
