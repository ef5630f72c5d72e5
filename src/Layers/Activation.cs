namespace Dalle2.Layers;

/// <summary>An activation function, element by element.</summary>
public sealed class Activation : UnaryLayer
{
    static readonly (string Text, ActivationKind Kind)[] Names =
    [
        ("relu", ActivationKind.ReLU),
        ("leaky-relu", ActivationKind.LeakyReLU),
        ("silu", ActivationKind.SiLU),
        ("gelu", ActivationKind.GELU),
        ("tanh", ActivationKind.Tanh),
        ("sigmoid", ActivationKind.Sigmoid),
        ("quick-gelu", ActivationKind.QuickGELU),
    ];

    Tensor? kept;
    ElementType inputType;

    /// <summary>A function.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="slope">Below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    public Activation(ActivationKind kind, float slope = 0.01f)
    {
        Kind = kind;
        Slope = slope;
    }

    /// <summary>Which function.</summary>
    public ActivationKind Kind { get; }

    /// <summary>Its slope below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</summary>
    public float Slope { get; }

    /// <summary><c>max(x, 0)</c>.</summary>
    public static Activation ReLU() => new(ActivationKind.ReLU);

    /// <summary><c>x</c> where positive, else <c>slope x</c>.</summary>
    public static Activation LeakyReLU(float slope = 0.01f) => new(ActivationKind.LeakyReLU, slope);

    /// <summary><c>x sigmoid(x)</c>.</summary>
    public static Activation SiLU() => new(ActivationKind.SiLU);

    /// <summary><c>x (1 + erf(x / sqrt 2)) / 2</c>.</summary>
    public static Activation GELU() => new(ActivationKind.GELU);

    /// <summary>The hyperbolic tangent.</summary>
    public static Activation Tanh() => new(ActivationKind.Tanh);

    /// <summary><c>1 / (1 + exp(-x))</c>.</summary>
    public static Activation Sigmoid() => new(ActivationKind.Sigmoid);

    /// <summary><c>x sigmoid(1.702 x)</c>.</summary>
    public static Activation QuickGELU() => new(ActivationKind.QuickGELU);

    /// <summary>The function that an option names: relu, leaky-relu, silu, gelu, tanh, sigmoid or quick-gelu.</summary>
    /// <exception cref="ArgumentException">There is no such function; the message lists them.</exception>
    public static ActivationKind Parse(string text)
    {
        foreach (var (name, kind) in Names)
        {
            if (name == text)
                return kind;
        }

        throw new ArgumentException($"there is no activation '{text}'; take one of {string.Join(", ", Names.Select(n => n.Text))}");
    }

    /// <inheritdoc/>
    public override bool TakesBrainFloats => true;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        inputType = x.Type;
        Tensor y = AllocateOutput(context, x.Shape);
        ActivationOp.Forward(context.Stream, Kind, x, y, Slope);
        kept = ActivationOp.KeepsOutput(Kind) ? y : x;
        return y;
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dx = context.Allocate(dy.Shape, inputType);
        ActivationOp.Backward(context.Stream, Kind, kept!, dy, dx, Slope);
        return dx;
    }
}
