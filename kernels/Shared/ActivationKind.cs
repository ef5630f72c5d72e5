
namespace Dalle2.Kernels.Shared;

/// <summary>An activation function.</summary>
public enum ActivationKind
{
    /// <summary><c>max(x, 0)</c>.</summary>
    ReLU,

    /// <summary><c>x</c> where positive, else <c>slope x</c>.</summary>
    LeakyReLU,

    /// <summary><c>x sigmoid(x)</c>, also called swish.</summary>
    SiLU,

    /// <summary><c>x (1 + erf(x / sqrt 2)) / 2</c>, the exact form.</summary>
    GELU,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary><c>1 / (1 + exp(-x))</c>.</summary>
    Sigmoid,

    /// <summary><c>x sigmoid(1.702 x)</c>, near GELU; what CLIP has.</summary>
    QuickGELU,
}
