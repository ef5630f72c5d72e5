// Activation functions, element by element:  y = f(x)   (written, =)        x, y, dx, dy [n]
// Backward:  dx = f'(x) dy   (written, =);  kept is y where f' follows from it (ReLU, tanh, sigmoid), else x
//   Each may be kept in bfloat16 if its last extent is a multiple of 8: it is widened to floats, and rounded as it is written.
using ILGPU;

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
        Use(kind, slope, new ForwardUse(stream, x, y));
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
        Use(kind, slope, new BackwardUse(stream, kept, dy, dx));
    }

    /// <summary>True if Backward takes the output, false if it takes the input.</summary>
    public static bool KeepsOutput(ActivationKind kind)
    {
        bool keepsOutput = false;
        Use(kind, 0f, new KeepsOutputUse(ref keepsOutput));
        return keepsOutput;
    }

    /// <summary>Calls what is generic over the function with the one that is named.</summary>
    internal static void Use<T>(ActivationKind kind, float slope, T use)
        where T : struct, IUse, allows ref struct
    {
        switch (kind)
        {
            case ActivationKind.ReLU:
                use.Of(default(ReLU));
                break;
            case ActivationKind.LeakyReLU:
                use.Of(new LeakyReLU(slope));
                break;
            case ActivationKind.SiLU:
                use.Of(default(SiLU));
                break;
            case ActivationKind.GELU:
                use.Of(default(GELU));
                break;
            case ActivationKind.Tanh:
                use.Of(default(Tanh));
                break;
            case ActivationKind.Sigmoid:
                use.Of(default(Sigmoid));
                break;
            case ActivationKind.QuickGELU:
                use.Of(default(QuickGELU));
                break;
            default:
                throw new ArgumentException($"there is no activation number {(int)kind}");
        }
    }

    /// <summary>Whether any of some tensors is kept in bfloat16, all of whose extents then must be multiples of 8.</summary>
    internal static bool HaveBrainFloats(params ReadOnlySpan<Tensor> tensors)
    {
        bool have = false;
        foreach (Tensor tensor in tensors)
            have |= tensor.Type == ElementType.BFloat16;
        foreach (Tensor tensor in tensors)
        {
            if (have)
                BFloat16Op.RequireMultiple(tensor);
        }

        return have;
    }

    // One thread per element.
    static void ForwardKernel<T>(Index1D i, ArrayView<float> x, ArrayView<float> y, T function)
        where T : unmanaged, IActivation => y[i] = function.Value(x[i]);

    // One thread per element.
    static void BackwardKernel<T>(Index1D i, ArrayView<float> kept, ArrayView<float> dy, ArrayView<float> dx, T function)
        where T : unmanaged, IActivation => dx[i] = function.Derivative(kept[i]) * dy[i];

    // One thread per two neighbors.
    static void ForwardPairsKernel<T>(Index1D i, ArrayView<float> x, ArrayView<float> y, int xType, int yType, T function)
        where T : unmanaged, IActivation
    {
        var own = BrainFloatPair.Load(x, i, xType);
        new BrainFloatPair(function.Value(own.First), function.Value(own.Second)).Store(y, i, yType);
    }

    // One thread per two neighbors.
    static void BackwardPairsKernel<T>(Index1D i, ArrayView<float> kept, ArrayView<float> dy, ArrayView<float> dx, int keptType, int dyType,
        int dxType, T function)
        where T : unmanaged, IActivation
    {
        BrainFloatPair own = BrainFloatPair.Load(kept, i, keptType), gradient = BrainFloatPair.Load(dy, i, dyType);
        new BrainFloatPair(function.Derivative(own.First) * gradient.First, function.Derivative(own.Second) * gradient.Second)
            .Store(dx, i, dxType);
    }

    static void RequireEqual(Tensor first, Tensor second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"an activation goes element by element; {first.Shape} and {second.Shape} do not fit");
    }

    /// <summary>What is generic over a function.</summary>
    internal interface IUse
    {
        void Of<T>(T function)
            where T : unmanaged, IActivation;
    }

    readonly record struct ForwardUse(Stream Stream, Tensor X, Tensor Y) : IUse
    {
        public void Of<T>(T function)
            where T : unmanaged, IActivation
        {
            if (HaveBrainFloats(X, Y))
                Stream.Launch(ForwardPairsKernel, X.Length / 2, X.WordView, Y.WordView, (int)X.Type, (int)Y.Type, function);
            else
                Stream.Launch(ForwardKernel, X.Length, X.View, Y.View, function);
        }
    }

    readonly record struct BackwardUse(Stream Stream, Tensor Kept, Tensor Dy, Tensor Dx) : IUse
    {
        public void Of<T>(T function)
            where T : unmanaged, IActivation
        {
            if (HaveBrainFloats(Kept, Dy, Dx))
            {
                Stream.Launch(
                    BackwardPairsKernel, Kept.Length / 2, Kept.WordView, Dy.WordView, Dx.WordView, (int)Kept.Type, (int)Dy.Type,
                    (int)Dx.Type, function);
                return;
            }

            Stream.Launch(BackwardKernel, Kept.Length, Kept.View, Dy.View, Dx.View, function);
        }
    }

    readonly ref struct KeepsOutputUse(ref bool result) : IUse
    {
        readonly ref bool result = ref result;

        public void Of<T>(T function)
            where T : unmanaged, IActivation => result = function.KeepsOutput;
    }

    internal interface IActivation
    {
        // Whether the derivative follows from the value: kept is y then, else x. A constant.
        bool KeepsOutput { get; }

        float Value(float x);

        // The derivative from what is kept.
        float Derivative(float kept);
    }

    // No function.
    internal readonly record struct Identity : IActivation
    {
        public bool KeepsOutput => true;

        public float Value(float x) => x;

        public float Derivative(float kept) => 1f;
    }

    // NaN is not below zero and so passes on.
    internal readonly record struct ReLU : IActivation
    {
        public bool KeepsOutput => true;

        public float Value(float x) => x < 0f ? 0f : x;

        public float Derivative(float kept) => kept > 0f ? 1f : 0f;
    }

    internal readonly record struct LeakyReLU(float Slope) : IActivation
    {
        public bool KeepsOutput => false;

        public float Value(float x) => x < 0f ? Slope * x : x;

        public float Derivative(float kept) => kept > 0f ? 1f : Slope;
    }

    internal readonly record struct SiLU : IActivation
    {
        public bool KeepsOutput => false;

        public float Value(float x) => x * SpecialFunctions.Sigmoid(x);

        public float Derivative(float kept)
        {
            float sigmoid = SpecialFunctions.Sigmoid(kept);
            return sigmoid * Fused.MultiplyAdd(kept, 1f - sigmoid, 1f);
        }
    }

    internal readonly record struct GELU : IActivation
    {
        const float Sqrt1Over2 = 0.707106781f;
        const float Sqrt1Over2Pi = 0.398942280f;

        public bool KeepsOutput => false;

        public float Value(float x) => x * Cumulative(x);

        public float Derivative(float kept) =>
            Fused.MultiplyAdd(kept, Sqrt1Over2Pi * StrictMath.Exp(-0.5f * kept * kept), Cumulative(kept));

        static float Cumulative(float x) => 0.5f * (1f + SpecialFunctions.Erf(x * Sqrt1Over2));
    }

    internal readonly record struct QuickGELU : IActivation
    {
        const float Steepness = 1.702f;

        public bool KeepsOutput => false;

        public float Value(float x) => x * SpecialFunctions.Sigmoid(Steepness * x);

        public float Derivative(float kept)
        {
            float steep = Steepness * kept, sigmoid = SpecialFunctions.Sigmoid(steep);
            return sigmoid * Fused.MultiplyAdd(steep, 1f - sigmoid, 1f);
        }
    }

    internal readonly record struct Tanh : IActivation
    {
        public bool KeepsOutput => true;

        public float Value(float x) => StrictMath.Tanh(x);

        public float Derivative(float kept) => Fused.MultiplyAdd(-kept, kept, 1f);
    }

    internal readonly record struct Sigmoid : IActivation
    {
        public bool KeepsOutput => true;

        public float Value(float x) => SpecialFunctions.Sigmoid(x);

        public float Derivative(float kept) => kept * (1f - kept);
    }
}
