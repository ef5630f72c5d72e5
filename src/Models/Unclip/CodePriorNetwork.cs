using Dalle2.Models.Parts;

namespace Dalle2.Models.Unclip;

/// <summary>
/// The network of the autoregressive prior: a causal transformer over the caption's embedding and the codes so far, which gives the logits of the next code. It holds, beside what is trained, what
/// the codes mean.
/// </summary>
/// <remarks>
/// Each place is told the caption's embedding by a projection of its own, the first one nothing else: a component of the image's embedding is nearly a linear function of it, and which one a transformer
/// whose places share their weights is slow to find.
/// </remarks>
public sealed class CodePriorNetwork : Layer
{
    readonly int buckets;
    readonly Linear text;
    readonly Embedding code;
    readonly CausalTransformer transformer;
    readonly FinalPlace last;
    readonly Sequential end;
    readonly Parameter count;
    readonly Parameter mean;
    readonly Parameter basis;
    readonly Parameter lows;
    readonly Parameter widths;

    /// <summary>A network.</summary>
    /// <param name="embedding">Features of an embedding.</param>
    /// <param name="components">Components of an embedding at most.</param>
    /// <param name="buckets">Buckets of a code.</param>
    /// <param name="width">Features of a place.</param>
    /// <param name="blocks">Blocks of the transformer.</param>
    /// <param name="heads">Heads of the attention; they divide the width.</param>
    public CodePriorNetwork(int embedding, int components, int buckets, int width, int blocks, int heads)
    {
        this.buckets = buckets;
        text = Compose("text", new Linear(embedding, components * width));
        code = Compose("code", new Embedding(buckets + 1, width));
        transformer = Compose("transformer", new CausalTransformer(components, width, blocks, heads));
        last = Compose("last", new FinalPlace());
        end = Compose("end", new Sequential(("norm", new LayerNorm(width)), ("project", new Linear(width, buckets))));
        count = Declare("count", new Shape(1), Initializer.Zeros, trainable: false);
        mean = Declare("mean", new Shape(embedding), Initializer.Zeros, trainable: false);
        basis = Declare("basis", new Shape(components, embedding), Initializer.Zeros, trainable: false);
        lows = Declare("lows", new Shape(components), Initializer.Zeros, trainable: false);
        widths = Declare("widths", new Shape(components), Initializer.Zeros, trainable: false);
    }

    /// <summary>Numbers of an embedding.</summary>
    public int EmbeddingLength => mean.Shape[0];

    /// <summary>Components of an embedding at most.</summary>
    public int Components => basis.Shape[0];

    /// <summary>Buckets of a code.</summary>
    public int Buckets => buckets;

    /// <summary>Reads what the codes mean; null before <see cref="WriteCodes"/>.</summary>
    public EmbeddingCodes? ReadCodes(Stream stream)
    {
        int codes = (int)count.Value.Scalar(stream);
        return codes == 0 ? null : new EmbeddingCodes(
            buckets, mean.Value.ToArray(stream), basis.Value.ToArray(stream)[..(codes * mean.Shape[0])],
            lows.Value.ToArray(stream)[..codes], widths.Value.ToArray(stream)[..codes]);
    }

    /// <summary>Keeps what the codes mean, with the parameters.</summary>
    public void WriteCodes(Stream stream, EmbeddingCodes codes)
    {
        Write(count, [codes.Count]);
        Write(mean, codes.Mean);
        Write(basis, codes.Basis);
        Write(lows, codes.Lows);
        Write(widths, codes.Widths);

        void Write(Parameter parameter, ReadOnlySpan<float> values)
        {
            float[] all = new float[parameter.Shape.Length];
            values.CopyTo(all);
            parameter.Value.Write(stream, all);
        }
    }

    /// <summary>The logits of each code from those before it, <c>[B, places, buckets]</c>.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">Scaled embeddings of captions, <c>[B, embedding]</c>; zeros where the condition is dropped.</param>
    /// <param name="before">At each place the code before it, counted from 1, and 0 at the first: <c>[B, places]</c>.</param>
    public Tensor Forward(Context context, Tensor text, TokenBatch before)
    {
        BeginForward(context);
        return EndForward(context, end.Forward(context, Transform(context, text, before)));
    }

    /// <summary>The logits at the last place alone, <c>[B, buckets]</c>; outside of training.</summary>
    /// <inheritdoc cref="Forward"/>
    public Tensor ForwardLast(Context context, Tensor text, TokenBatch before)
    {
        BeginForward(context);
        return EndForward(context, end.Forward(context, last.Forward(context, Transform(context, text, before))));
    }

    /// <summary>Adds to the parameters' gradients, after <see cref="Forward"/>; what it was given is data.</summary>
    public void Backward(Context context, Tensor dlogits)
    {
        BeginBackward();
        Tensor dx = transformer.Backward(context, end.Backward(context, dlogits));
        code.Backward(context, dx);
        (int batch, int cols) = (dx.Shape[0], dx.Length / dx.Shape[0]);
        Tensor dtext = dx.Reshape(batch, cols);
        if (TextCols > cols)
        {
            dtext = context.Allocate(batch, TextCols);
            Tensor rest = context.Zeros(batch, TextCols - cols);
            ConcatenateOp.Join(context.Stream, [dx.Reshape(batch, cols), rest], dtext);
            context.Release(rest);
        }

        text.BackwardToParameters(context, dtext);
        EndBackward(context);
    }

    int TextCols => lows.Shape[0] * code.Weight.Shape[1];

    Tensor Transform(Context context, Tensor text, TokenBatch before)
    {
        Tensor x = code.Forward(context, before), all = this.text.Forward(context, text), own = all;
        (int batch, int cols) = (x.Shape[0], x.Length / x.Shape[0]);
        if (TextCols > cols)
        {
            own = context.Allocate(batch, cols);
            Tensor rest = context.Allocate(batch, TextCols - cols);
            ConcatenateOp.Split(context.Stream, all, [own, rest]);
            context.Release(rest);
            context.Release(all);
        }

        ElementwiseOp.AddInPlace(context.Stream, x, own.Reshape(x.Shape));
        context.Release(own);
        return transformer.Forward(context, x);
    }
}
