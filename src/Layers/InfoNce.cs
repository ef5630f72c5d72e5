namespace Dalle2.Layers;

/// <summary>
/// The symmetric contrastive loss of CLIP: pairs of unit vectors a, b <c>[B, D]</c>, logits <c>exp(k) a b^T</c>, the mean of the cross-entropies
/// of picking each a's b and each b's a out of the batch. The log of the inverse temperature k is learned, from log(1 / 0.07), and lowered to
/// log 100 at the start of a training step if it has gone above.
/// </summary>
public sealed class InfoNce : Layer
{
    const float Largest = 4.60517019f;

    // log(1 / 0.07), written out: the platform's logarithm may differ in the last bit from machine to machine.
    const float LogInverse = 2.65926003f;

    readonly Parameter inverseTemperature;
    Tensor? a;
    Tensor? b;
    Tensor? factor;
    Tensor? logits;
    Tensor? rowLogSums;
    Tensor? colLogSums;

    /// <summary>The loss, with its one parameter.</summary>
    public InfoNce() => inverseTemperature = Declare("logInverseTemperature", new Shape(1), Initializer.Constant(LogInverse));

    /// <summary>The logits <c>[B, B]</c> of the last forward pass: row i holds the i-th a against every b.</summary>
    public Tensor Logits => logits ?? throw new InvalidOperationException($"{Name}: there was no forward pass yet");

    /// <summary>The loss, one element.</summary>
    /// <param name="context">The step.</param>
    /// <param name="a">Unit vectors, <c>[B, D]</c>.</param>
    /// <param name="b">Those that belong to them, <c>[B, D]</c>.</param>
    /// <param name="groups">Of each pair a number, <c>[B]</c>: pairs with the same one are no negatives of each other. Null: all are.</param>
    /// <exception cref="ArgumentException">The shapes differ or are not <c>[B, D]</c>, or there are not B groups.</exception>
    public Tensor Forward(Context context, Tensor a, Tensor b, IntTensor? groups = null)
    {
        if (a.Shape.Rank != 2 || a.Shape != b.Shape || a.Rows == 0)
            throw new ArgumentException($"{Name}: embeddings {a.Shape} and {b.Shape} are not pairs; both must be [batch, features]");
        BeginForward(context);
        Stream stream = context.Stream;
        int n = a.Rows;
        (this.a, this.b) = (a, b);
        factor = context.Allocate(1);
        logits = context.Allocate(n, n);
        rowLogSums = context.Allocate(n);
        colLogSums = context.Allocate(n);
        Tensor losses = context.Allocate(n), loss = context.Allocate(1);
        if (context.Training)
            InfoNceOp.ClampInPlace(stream, inverseTemperature.Value, Largest);
        GemmOp.Multiply(stream, a, b, logits, transposeB: true);
        InfoNceOp.InverseTemperature(stream, inverseTemperature.Value, factor);
        InfoNceOp.ScaleInPlace(stream, logits, factor);
        if (groups != null)
            InfoNceOp.MaskInPlace(stream, logits, groups);
        InfoNceOp.Forward(stream, logits, rowLogSums, colLogSums, losses);
        ReductionOp.Sum(stream, losses, context.Allocate(ReductionOp.Partials(n)), loss, 1f / n);
        return EndForward(context, loss);
    }

    /// <summary>The gradients of a and b; adds to the temperature's.</summary>
    /// <param name="context">The step.</param>
    /// <param name="scale">The gradient of the loss.</param>
    public (Tensor A, Tensor B) Backward(Context context, float scale = 1f)
    {
        BeginBackward();
        Stream stream = context.Stream;
        int n = logits!.Rows;
        Tensor dproducts = context.Allocate(n, n), terms = context.Allocate(n, n);
        InfoNceOp.Backward(stream, logits, factor!, rowLogSums!, colLogSums!, scale / n, dproducts, terms);
        ReductionOp.Sum(stream, terms, context.Allocate(ReductionOp.Partials(terms.Length)), inverseTemperature.Gradient, accumulate: true);
        Tensor da = context.Allocate(a!.Shape), db = context.Allocate(b!.Shape);
        GemmOp.Multiply(stream, dproducts, b, da);
        GemmOp.Multiply(stream, dproducts, a, db, transposeA: true);
        return (EndBackward(context, da), EndBackward(context, db));
    }
}
