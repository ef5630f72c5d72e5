namespace Dalle2.Models.Parts;

/// <summary>
/// A block of a causal transformer: self-attention, in which a place sees itself and those before it, then a perceptron with QuickGELU, each behind a layer normalization and added to its input.
/// <c>[batch, length, width]</c> to the same.
/// </summary>
public sealed class TransformerBlock : Layer
{
    const int Expansion = 4;

    readonly LayerNorm attentionNorm;
    readonly MultiHeadAttention attention;
    readonly Sequential perceptron;

    /// <summary>A block.</summary>
    /// <param name="width">Features of a place.</param>
    /// <param name="heads">Heads of the attention; they divide the width.</param>
    public TransformerBlock(int width, int heads)
    {
        attentionNorm = Compose("attentionNorm", new LayerNorm(width));
        attention = Compose("attention", new MultiHeadAttention(width, heads, causal: true));
        perceptron = Compose("perceptron", new Sequential(
            ("norm", new LayerNorm(width)), ("expand", new Linear(width, Expansion * width, activation: ActivationKind.QuickGELU)),
            ("project", new Linear(Expansion * width, width))));
    }

    /// <summary>The output.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The sequences.</param>
    /// <param name="lengths">Places of each that count, <c>[batch]</c>, on the device until the backward pass; all if left out.</param>
    public Tensor Forward(Context context, Tensor x, IntTensor? lengths = null)
    {
        BeginForward(context);
        Tensor seen = attention.Forward(context, attentionNorm.Forward(context, x), lengths);
        ElementwiseOp.AddInPlace(context.Stream, seen, x);
        Tensor y = perceptron.Forward(context, seen);
        ElementwiseOp.AddInPlace(context.Stream, y, seen);
        return EndForward(context, y);
    }

    /// <summary>The gradient of the sequences; adds to the parameters' gradients.</summary>
    public Tensor Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor dseen = perceptron.Backward(context, dy);
        ElementwiseOp.AddInPlace(context.Stream, dseen, dy);
        Tensor dx = attentionNorm.Backward(context, attention.Backward(context, dseen));
        ElementwiseOp.AddInPlace(context.Stream, dx, dseen);
        return EndBackward(context, dx);
    }
}
