namespace Dalle2.Models.Unclip;

/// <summary>
/// A residual perceptron over the noisy embedding and the caption's.
/// </summary>
/// <remarks><c>h = [noisy, text] W + c,  c = SiLU(time W + b) W + b;  h += SiLU((LayerNorm(h) + c W) W + b) W + b</c> for each block; then a layer normalization and a projection.</remarks>
public sealed class PriorPerceptron : PriorNetwork
{
    readonly Sequential time;
    readonly Concatenate join;
    readonly Linear start;
    readonly Block[] blocks;
    readonly Sequential end;

    /// <summary>A network.</summary>
    /// <param name="embedding">Features of an embedding.</param>
    /// <param name="width">Features inside, an even number.</param>
    /// <param name="blocks">Residual blocks.</param>
    public PriorPerceptron(int embedding, int width, int blocks)
    {
        Times = new TimeEmbedding(width);
        time = Compose("time", new Sequential(("first", new Linear(width, width, activation: ActivationKind.SiLU)), ("second",
            new Linear(width, width))));
        join = Compose("join", new Concatenate());
        start = Compose("start", new Linear(2 * embedding, width));
        this.blocks = [.. Enumerable.Range(1, blocks).Select(i => Compose($"block{i}", new Block(width)))];
        end = Compose("end", new Sequential(("norm", new LayerNorm(width)), ("project", new Linear(width, embedding))));
    }

    /// <inheritdoc/>
    public override TimeEmbedding Times { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Context context, Tensor noisy, PriorCondition condition, Tensor times)
    {
        BeginForward(context);
        Tensor encoded = time.Forward(context, Times.Forward(context, times));
        Tensor h = start.Forward(context, join.Forward(context, noisy, condition.Text));
        ElementwiseOp.AddInPlace(context.Stream, h, encoded);
        foreach (Block block in blocks)
            h = block.Forward(context, h, encoded);
        return EndForward(context, end.Forward(context, h));
    }

    /// <inheritdoc/>
    public override void Backward(Context context, Tensor dprediction)
    {
        BeginBackward();
        Tensor dh = end.Backward(context, dprediction);
        Tensor? dcondition = null;
        for (int i = blocks.Length - 1; i >= 0; i--)
        {
            (dh, Tensor own) = blocks[i].Backward(context, dh);
            if (dcondition == null)
                dcondition = own;
            else
                ElementwiseOp.AddInPlace(context.Stream, dcondition, own);
        }

        // What it was given is data.
        start.BackwardToParameters(context, dh);
        join.Abandon();
        if (dcondition != null)
            ElementwiseOp.AddInPlace(context.Stream, dcondition, dh);
        time.BackwardToParameters(context, dcondition ?? dh);
        EndBackward(context);
    }

    sealed class Block : Layer
    {
        readonly LayerNorm norm;
        readonly Linear condition;
        readonly Sequential branch;

        public Block(int width)
        {
            norm = Compose("norm", new LayerNorm(width));
            condition = Compose("condition", new Linear(width, width));
            branch = Compose("branch", new Sequential(("first", new Linear(width, width, activation: ActivationKind.SiLU)), ("second",
                new Linear(width, width))));
        }

        public Tensor Forward(Context context, Tensor h, Tensor conditions)
        {
            Tensor normalized = norm.Forward(context, h);
            ElementwiseOp.AddInPlace(context.Stream, normalized, condition.Forward(context, conditions));
            Tensor y = branch.Forward(context, normalized);
            ElementwiseOp.AddInPlace(context.Stream, y, h);
            return y;
        }

        public (Tensor Input, Tensor Condition) Backward(Context context, Tensor dy)
        {
            Tensor dnormalized = branch.Backward(context, dy), dcondition = condition.Backward(context, dnormalized),
                dh = norm.Backward(context, dnormalized);
            ElementwiseOp.AddInPlace(context.Stream, dh, dy);
            return (dh, dcondition);
        }
    }
}
