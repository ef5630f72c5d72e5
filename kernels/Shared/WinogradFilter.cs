// Winograd's minimal filtering along one axis, F(m, R): m neighboring outputs y of a filter g of R taps from m + R - 1 multiplications instead of m R
//   y = A (G g * B d),  d the m + R - 1 inputs under the windows, * element by element (Winograd, 1980; Lavin and Gray, arXiv 1509.09308)
//   F(2, 2):  B d = d0 - d1, d1, d1 - d2                  G g = g0, g0 + g1, g1                                      y = m0 + m1, m1 - m2
//   F(2, 3):  B d = d0 - d2, d1 + d2, d2 - d1, d1 - d3    G g = g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2       y = m0 + m1 + m2, m1 - m2 - m3
//   F(4, 2), by interpolation at 1, -1, 1/2, -1/2 and infinity, which lose less than sets with 0 and 2:
//     B d = o + e, o - e, p + q / 2, p - q / 2, d4 - 5/4 d2 + d0 / 4;  o = d3 - d1 / 4, e = d2 - d0 / 4, p = d3 - d1, q = d2 - d0
//     G g = 2/3 (g0 + g1), 2/3 (g1 - g0), -2/3 (2 g0 + g1), 2/3 (2 g0 - g1), g1
//     y = m0 + m1 + m2 + m3, m0 - m1 + (m2 - m3) / 2, m0 + m1 + (m2 + m3) / 4, m0 - m1 + (m2 - m3) / 8 + m4
// In two dimensions the same along both axes. The gradient of the weights is the adjoint:  dg = G' (B d * A' dy).
// F(2, R) multiplies by nothing but 1/2 and loses no more to rounding than the direct sums do; F(4, 2) has about twice their error (root mean square, 128 channels).
using ILGPU;

namespace Dalle2.Kernels.Shared;

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
    const float TwoThirds = 2f / 3;

    public int Outputs => 4;

    public int Taps => 2;

    public int Line => 5;

    public void Input(ArrayView<float> v, int at, int step)
    {
        float d0 = v[at], d1 = v[at + step], d2 = v[at + 2 * step], d3 = v[at + 3 * step], d4 = v[at + 4 * step];
        float odd = Fused.MultiplyAdd(-0.25f, d1, d3), even = Fused.MultiplyAdd(-0.25f, d0, d2), nearOdd = d3 - d1, nearEven = d2 - d0;
        v[at] = odd + even;
        v[at + step] = odd - even;
        v[at + 2 * step] = Fused.MultiplyAdd(0.5f, nearEven, nearOdd);
        v[at + 3 * step] = Fused.MultiplyAdd(-0.5f, nearEven, nearOdd);
        v[at + 4 * step] = Fused.MultiplyAdd(0.25f, d0, Fused.MultiplyAdd(-1.25f, d2, d4));
    }

    public void Weights(ArrayView<float> v, int at, int step)
    {
        float g0 = v[at], g1 = v[at + step];
        v[at] = (g0 + g1) * TwoThirds;
        v[at + step] = (g1 - g0) * TwoThirds;
        v[at + 2 * step] = Fused.MultiplyAdd(2f, g0, g1) * -TwoThirds;
        v[at + 3 * step] = Fused.MultiplyAdd(2f, g0, -g1) * TwoThirds;
        v[at + 4 * step] = g1;
    }

    public void Output(ArrayView<float> v, int at, int step)
    {
        float m0 = v[at], m1 = v[at + step], m2 = v[at + 2 * step], m3 = v[at + 3 * step], m4 = v[at + 4 * step];
        float even = m0 + m1, odd = m0 - m1, nearEven = m2 + m3, nearOdd = m2 - m3;
        v[at] = even + nearEven;
        v[at + step] = Fused.MultiplyAdd(0.5f, nearOdd, odd);
        v[at + 2 * step] = Fused.MultiplyAdd(0.25f, nearEven, even);
        v[at + 3 * step] = Fused.MultiplyAdd(0.125f, nearOdd, odd + m4);
    }

    public void OutputGradient(ArrayView<float> v, int at, int step)
    {
        float y0 = v[at], y1 = v[at + step], y2 = v[at + 2 * step], y3 = v[at + 3 * step];
        float even = y0 + y2, odd = y1 + y3, nearEven = Fused.MultiplyAdd(0.25f, y2, y0), nearOdd = Fused.MultiplyAdd(0.25f, y3, y1);
        v[at] = even + odd;
        v[at + step] = even - odd;
        v[at + 2 * step] = Fused.MultiplyAdd(0.5f, nearOdd, nearEven);
        v[at + 3 * step] = Fused.MultiplyAdd(-0.5f, nearOdd, nearEven);
        v[at + 4 * step] = y3;
    }

    public void WeightGradient(ArrayView<float> v, int at, int step)
    {
        float u0 = v[at], u1 = v[at + step], u2 = v[at + 2 * step], u3 = v[at + 3 * step], u4 = v[at + 4 * step];
        v[at] = Fused.MultiplyAdd(2f, u3 - u2, u0 - u1) * TwoThirds;
        v[at + step] = Fused.MultiplyAdd(TwoThirds, u0 + u1 - (u2 + u3), u4);
    }
}
