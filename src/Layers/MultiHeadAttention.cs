namespace Dalle2.Layers;

/// <summary>
/// Attention of several heads (Vaswani et al., 2017, arXiv 1706.03762) with projections of queries, keys, values and results: a sequence x
/// <c>[batch, length, width]</c> looks at itself, or at another one. Keys have no bias: it would add the same to all scores of a query, and change nothing.
/// Memory grows with the length, not with its square.
/// </summary>
public sealed class MultiHeadAttention : Layer
{
    readonly int width;
    readonly int sourceWidth;
    readonly float scale;
    readonly Linear query;
    readonly Linear key;
    readonly Linear value;
    readonly Linear output;
    IntTensor? lengths;
    Tensor? queries;
    Tensor? keys;
    Tensor? values;
    Tensor? results;
    Tensor? logSums;
    bool isCross;

    /// <summary>Glorot uniform weights and zero biases at the start.</summary>
    /// <param name="width">Features of x and of the output.</param>
    /// <param name="heads">Heads; they divide the width, into 128 features each at most.</param>
    /// <param name="causal">Place i sees places 0 to i only.</param>
    /// <param name="sourceWidth">Features of what x looks at; those of x if left out.</param>
    /// <exception cref="ArgumentException">The heads do not divide the width, or are too large.</exception>
    public MultiHeadAttention(int width, int heads, bool causal = false, int? sourceWidth = null)
    {
        if (heads < 1 || width < heads || width % heads != 0 || width / heads > AttentionOp.MaxSize)
            throw new ArgumentException($"{heads} heads do not divide a width of {width} into equal sizes of 1 to {AttentionOp.MaxSize}");

        this.width = width;
        Heads = heads;
        IsCausal = causal;
        this.sourceWidth = sourceWidth ?? width;
        scale = 1f / MathF.Sqrt(width / heads);
        query = Compose("query", new Linear(width, width));
        key = Compose("key", new Linear(this.sourceWidth, width, withBias: false));
        value = Compose("value", new Linear(this.sourceWidth, width));
        output = Compose("output", new Linear(width, width));
    }

    /// <summary>Heads.</summary>
    public int Heads { get; }

    /// <summary>Whether place i sees places 0 to i only.</summary>
    public bool IsCausal { get; }

    /// <summary>Self-attention: x looks at itself.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x"><c>[batch, length, width]</c>.</param>
    /// <param name="lengths">Places of each sample that count, <c>[batch]</c>, on the device until the backward pass; all if left out. The others look too, and are not seen.</param>
    /// <returns><c>[batch, length, width]</c>.</returns>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    /// <exception cref="InvalidOperationException">A forward pass in training is still to be followed by its backward pass.</exception>
    public Tensor Forward(Context context, Tensor x, IntTensor? lengths = null) => Attend(context, x, x, lengths, false);

    /// <summary>Cross-attention: x looks at a source.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x"><c>[batch, queries, width]</c>.</param>
    /// <param name="source"><c>[batch, keys, sourceWidth]</c>.</param>
    /// <param name="lengths">Places of each sample of the source that count, <c>[batch]</c>, on the device until the backward pass; all if left out.</param>
    /// <returns><c>[batch, queries, width]</c>.</returns>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    /// <exception cref="InvalidOperationException">A forward pass in training is still to be followed by its backward pass.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor source, IntTensor? lengths = null) =>
        Attend(context, x, source, lengths, true);

    /// <summary>The gradient of x after self-attention; adds to the parameters' gradients.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass of self-attention in training.</exception>
    public Tensor Backward(Context context, Tensor dy)
    {
        if (isCross)
            throw new InvalidOperationException($"{Name}: after Forward with a source, call BackwardToSource");
        var (dx, dkeys, dvalues) = Differentiate(context, dy);
        ElementwiseOp.AddInPlace(context.Stream, dx, dkeys);
        ElementwiseOp.AddInPlace(context.Stream, dx, dvalues);
        context.Release(dkeys);
        context.Release(dvalues);
        return EndBackward(context, dx);
    }

    /// <summary>The gradients of x and of the source after cross-attention; adds to the parameters' gradients.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass of cross-attention in training.</exception>
    public (Tensor X, Tensor Source) BackwardToSource(Context context, Tensor dy)
    {
        if (!isCross)
            throw new InvalidOperationException($"{Name}: after Forward without a source, call Backward");
        var (dx, dkeys, dvalues) = Differentiate(context, dy);
        ElementwiseOp.AddInPlace(context.Stream, dkeys, dvalues);
        context.Release(dvalues);
        return (EndBackward(context, dx), EndBackward(context, dkeys));
    }

    Tensor Attend(Context context, Tensor x, Tensor source, IntTensor? lengths, bool isCross)
    {
        bool fits = x.Shape.Rank == 3 && source.Shape.Rank == 3 && x.Shape[0] == source.Shape[0];
        if (!fits || x.Cols != width || source.Cols != sourceWidth)
        {
            throw new ArgumentException($"{Name}: attention takes [batch, length, {width}] and looks at [batch, length, {sourceWidth}], "
                + $"not {x.Shape} and {source.Shape}");
        }

        BeginForward(context);
        (this.lengths, this.isCross) = (lengths, isCross);
        queries = query.Forward(context, x);
        keys = key.Forward(context, source);
        values = value.Forward(context, source);
        results = context.Allocate(queries.Shape);
        logSums = context.Allocate(x.Shape[0], Heads, x.Shape[1]);
        AttentionOp.Forward(context.Stream, queries, keys, values, lengths, results, logSums, scale, IsCausal);
        Tensor y = output.Forward(context, results);
        if (!context.Training)
            Release(context);
        return EndForward(context, y);
    }

    (Tensor X, Tensor Keys, Tensor Values) Differentiate(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor dresults = output.Backward(context, dy), delta = context.Allocate(logSums!.Shape),
            dqueries = context.Allocate(queries!.Shape), dkeys = context.Allocate(keys!.Shape),
            dvalues = context.Allocate(values!.Shape);
        AttentionOp.Backward(
            context.Stream, queries, keys, values, lengths, results!, logSums, dresults, delta, dqueries, dkeys, dvalues, scale,
            IsCausal);
        context.Release(delta);
        context.Release(dresults);
        Release(context);
        Tensor dx = Through(query, dqueries), dsource = Through(key, dkeys), dothers = Through(value, dvalues);
        return (dx, dsource, dothers);

        Tensor Through(Linear projection, Tensor gradient)
        {
            Tensor result = projection.Backward(context, gradient);
            context.Release(gradient);
            return result;
        }
    }

    // What the layer alone needed.
    void Release(Context context)
    {
        foreach (Tensor? kept in (ReadOnlySpan<Tensor?>)[queries, keys, values, results, logSums])
            context.Release(kept!);
    }
}
