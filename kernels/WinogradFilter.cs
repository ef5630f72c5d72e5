// Winograd's minimal filtering along one axis, F(m, R): m neighbouring outputs y of a filter g of R taps from m + R - 1 multiplications instead of m R
//   y = A (G g * B d),  d the m + R - 1 inputs under the windows, * element by element (Winograd, 1980; Lavin and Gray, arXiv 1509.09308)
//   F(2, 2):  B d = d0 - d1, d1, d1 - d2                  G g = g0, g0 + g1, g1                                      y = m0 + m1, m1 - m2
//   F(2, 3):  B d = d0 - d2, d1 + d2, d2 - d1, d1 - d3    G g = g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2       y = m0 + m1 + m2, m1 - m2 - m3
//   F(4, 2), by interpolation at 0, 1, -1, 2 and infinity:
//     B d = 2 (d0 - d2) + d3 - d1, 2 d1 + d2 - d3, 2 (d2 - d1) + d2 - d3, d3 - d1, d4 - d2 - 2 (d3 - d1)
//     G g = g0 / 2, (g0 + g1) / 2, (g0 - g1) / 6, (g0 + 2 g1) / 6, g1
//     y = m0 + m1 + m2 + m3, m1 - m2 + 2 m3, m1 + m2 + 4 m3, m1 - m2 + 8 m3 + m4
// In two dimensions the same along both axes. The gradient of the weights is the adjoint:  dg = G' (B d * A' dy).
// F(2, R) multiplies by nothing but 1/2 and loses no more than the direct sums do; F(4, 2) has about twice their rounding error.
namespace Dalle2.Kernels;

/// <summary>The transforms of F(m, R) along one axis. Each works on a local array from <c>at</c> on, elements <c>step</c> apart, both constants.</summary>
interface IWinogradFilter
{
    /// <summary>m.</summary>
    int Outputs { get; }

    /// <summary>R.</summary>
    int Taps { get; }

    /// <summary>m + R - 1, which is how many multiplications there are.</summary>
    int Line { get; }

    /// <summary>Inputs to B d.</summary>
    void Input(ArrayView<float> v, int at, int step);

    /// <summary>R taps to G g.</summary>
    void Weights(ArrayView<float> v, int at, int step);

    /// <summary>Products to m outputs.</summary>
    void Output(ArrayView<float> v, int at, int step);

    /// <summary>m gradients to A' dy.</summary>
    void OutputGradient(ArrayView<float> v, int at, int step);

    /// <summary>Gradients of the products to those of the R taps.</summary>
    void WeightGradient(ArrayView<float> v, int at, int step);
}

/// <summary>F(2, 2): three multiplications.</summary>
readonly struct TwoOfTwoTaps : IWinogradFilter
{
    public int Outputs => 2;

    public int Taps => 2;

    public int Line => 3;

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
}

/// <summary>F(2, 3): four multiplications.</summary>
readonly struct TwoOfThreeTaps : IWinogradFilter
{
    public int Outputs => 2;

    public int Taps => 3;

    public int Line => 4;

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
}

/// <summary>F(4, 2): five multiplications.</summary>
readonly struct FourOfTwoTaps : IWinogradFilter
{
    const float Sixth = 1f / 6;

    public int Outputs => 4;

    public int Taps => 2;

    public int Line => 5;

    public void Input(ArrayView<float> v, int at, int step)
    {
        float d0 = v[at], d1 = v[at + step], d2 = v[at + 2 * step], d3 = v[at + 3 * step], d4 = v[at + 4 * step], odd = d3 - d1, near = d2 - d3;
        v[at] = Fused.MultiplyAdd(2f, d0 - d2, odd);
        v[at + step] = Fused.MultiplyAdd(2f, d1, near);
        v[at + 2 * step] = Fused.MultiplyAdd(2f, d2 - d1, near);
        v[at + 3 * step] = odd;
        v[at + 4 * step] = Fused.MultiplyAdd(-2f, odd, d4 - d2);
    }

    public void Weights(ArrayView<float> v, int at, int step)
    {
        float g0 = v[at], g1 = v[at + step];
        v[at] = g0 * 0.5f;
        v[at + step] = (g0 + g1) * 0.5f;
        v[at + 2 * step] = (g0 - g1) * Sixth;
        v[at + 3 * step] = Fused.MultiplyAdd(2f, g1, g0) * Sixth;
        v[at + 4 * step] = g1;
    }

    public void Output(ArrayView<float> v, int at, int step)
    {
        float m0 = v[at], m1 = v[at + step], m2 = v[at + 2 * step], m3 = v[at + 3 * step], m4 = v[at + 4 * step], even = m1 + m2, odd = m1 - m2;
        v[at] = m0 + m3 + even;
        v[at + step] = Fused.MultiplyAdd(2f, m3, odd);
        v[at + 2 * step] = Fused.MultiplyAdd(4f, m3, even);
        v[at + 3 * step] = Fused.MultiplyAdd(8f, m3, odd + m4);
    }

    public void OutputGradient(ArrayView<float> v, int at, int step)
    {
        float y0 = v[at], y1 = v[at + step], y2 = v[at + 2 * step], y3 = v[at + 3 * step], even = y0 + y2, odd = y1 + y3;
        v[at + step] = even + odd;
        v[at + 2 * step] = even - odd;
        v[at + 3 * step] = Fused.MultiplyAdd(2f, Fused.MultiplyAdd(4f, y3, y1), Fused.MultiplyAdd(4f, y2, y0));
        v[at + 4 * step] = y3;
    }

    public void WeightGradient(ArrayView<float> v, int at, int step)
    {
        float u0 = v[at], u1 = v[at + step], u2 = v[at + 2 * step], u3 = v[at + 3 * step], u4 = v[at + 4 * step];
        v[at] = Fused.MultiplyAdd(u0 + u1, 0.5f, (u2 + u3) * Sixth);
        v[at + step] = Fused.MultiplyAdd(u1, 0.5f, Fused.MultiplyAdd(Fused.MultiplyAdd(2f, u3, -u2), Sixth, u4));
    }
}
