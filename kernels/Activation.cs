// Activation functions, element by element:  y = f(x)   (written, =)        x, y, dx, dy [n]
// Backward:  dx = f'(x) dy   (written, =);  kept is y where f' follows from it (ReLU, tanh, sigmoid), else x
namespace Dalle2.Kernels;

/// <summary>Activation functions and their derivatives.</summary>
public static class ActivationOp
{
    /// <summary><c>y = f(x)</c>; y may be x itself where <see cref="KeepsOutput"/> says that Backward does not need x.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="kind">The function.</param>
    /// <param name="x">The input.</param>
    /// <param name="y">Written.</param>
    /// <param name="slope">Of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Forward(Stream stream, ActivationKind kind, Tensor x, Tensor y, float slope)
    {
        RequireEqual(x, y);
        switch (kind)
        {
            case ActivationKind.ReLU:
                Forward(stream, x, y, default(ReLU));
                break;
            case ActivationKind.LeakyReLU:
                Forward(stream, x, y, new LeakyReLU(slope));
                break;
            case ActivationKind.SiLU:
                Forward(stream, x, y, default(SiLU));
                break;
            case ActivationKind.GELU:
                Forward(stream, x, y, default(GELU));
                break;
            case ActivationKind.Tanh:
                Forward(stream, x, y, default(Tanh));
                break;
            case ActivationKind.Sigmoid:
                Forward(stream, x, y, default(Sigmoid));
                break;
            default:
                throw new ArgumentException($"there is no activation number {(int)kind}");
        }
    }

    /// <summary><c>dx = f'(x) dy</c>.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="kind">The function.</param>
    /// <param name="kept">y if <see cref="KeepsOutput"/>, else x.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">Written.</param>
    /// <param name="slope">Of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Backward(Stream stream, ActivationKind kind, Tensor kept, Tensor dy, Tensor dx, float slope)
    {
        RequireEqual(kept, dy);
        RequireEqual(dy, dx);
        switch (kind)
        {
            case ActivationKind.ReLU:
                Backward(stream, kept, dy, dx, default(ReLU));
                break;
            case ActivationKind.LeakyReLU:
                Backward(stream, kept, dy, dx, new LeakyReLU(slope));
                break;
            case ActivationKind.SiLU:
                Backward(stream, kept, dy, dx, default(SiLU));
                break;
            case ActivationKind.GELU:
                Backward(stream, kept, dy, dx, default(GELU));
                break;
            case ActivationKind.Tanh:
                Backward(stream, kept, dy, dx, default(Tanh));
                break;
            case ActivationKind.Sigmoid:
                Backward(stream, kept, dy, dx, default(Sigmoid));
                break;
            default:
                throw new ArgumentException($"there is no activation number {(int)kind}");
        }
    }

    /// <summary>True if Backward takes the output, false if it takes the input.</summary>
    public static bool KeepsOutput(ActivationKind kind) => kind is ActivationKind.ReLU or ActivationKind.Tanh or ActivationKind.Sigmoid;

    static void Forward<T>(Stream stream, Tensor x, Tensor y, T function)
        where T : unmanaged, IActivation => stream.Launch(ForwardKernel, x.Length, x.View, y.View, function);

    static void Backward<T>(Stream stream, Tensor kept, Tensor dy, Tensor dx, T function)
        where T : unmanaged, IActivation => stream.Launch(BackwardKernel, kept.Length, kept.View, dy.View, dx.View, function);

    // One thread per element.
    static void ForwardKernel<T>(Index1D i, ArrayView<float> x, ArrayView<float> y, T function)
        where T : unmanaged, IActivation => y[i] = function.Value(x[i]);

    // One thread per element.
    static void BackwardKernel<T>(Index1D i, ArrayView<float> kept, ArrayView<float> dy, ArrayView<float> dx, T function)
        where T : unmanaged, IActivation => dx[i] = function.Derivative(kept[i]) * dy[i];

    static void RequireEqual(Tensor first, Tensor second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"an activation goes element by element; {first.Shape} and {second.Shape} do not fit");
    }

    interface IActivation
    {
        float Value(float x);

        // The derivative from what is kept, x or y.
        float Derivative(float kept);
    }

    // NaN is not below zero and so passes on.
    readonly record struct ReLU : IActivation
    {
        public float Value(float x) => x < 0f ? 0f : x;

        public float Derivative(float kept) => kept > 0f ? 1f : 0f;
    }

    readonly record struct LeakyReLU(float Slope) : IActivation
    {
        public float Value(float x) => x < 0f ? Slope * x : x;

        public float Derivative(float kept) => kept > 0f ? 1f : Slope;
    }

    readonly record struct SiLU : IActivation
    {
        public float Value(float x) => x * SpecialFunctions.Sigmoid(x);

        public float Derivative(float kept)
        {
            float sigmoid = SpecialFunctions.Sigmoid(kept);
            return sigmoid * Fused.MultiplyAdd(kept, 1f - sigmoid, 1f);
        }
    }

    readonly record struct GELU : IActivation
    {
        const float Sqrt1Over2 = 0.707106781f;
        const float Sqrt1Over2Pi = 0.398942280f;

        public float Value(float x) => x * Cumulative(x);

        public float Derivative(float kept) => Fused.MultiplyAdd(kept, Sqrt1Over2Pi * XMath.Exp(-0.5f * kept * kept), Cumulative(kept));

        static float Cumulative(float x) => 0.5f * (1f + SpecialFunctions.Erf(x * Sqrt1Over2));
    }

    readonly record struct Tanh : IActivation
    {
        public float Value(float x) => XMath.Tanh(x);

        public float Derivative(float kept) => Fused.MultiplyAdd(-kept, kept, 1f);
    }

    readonly record struct Sigmoid : IActivation
    {
        public float Value(float x) => SpecialFunctions.Sigmoid(x);

        public float Derivative(float kept) => kept * (1f - kept);
    }
}
