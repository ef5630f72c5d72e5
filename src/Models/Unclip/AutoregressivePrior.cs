using Dalle2.Gpu.Extensions;
using Dalle2.Models.Diffusion;

namespace Dalle2.Models.Unclip;

/// <summary>
/// The autoregressive prior P(image embedding given caption) (Ramesh et al., 2022, arXiv 2204.06125, section 2.2): the codes of an embedding one after the other, trained by cross-entropy.
/// </summary>
/// <remarks>
/// The paper's further code, of how near the embedding is to its caption's, drawn from the upper half of what is likely, is left out: on shapes it took drawings no nearer to the true embeddings
/// (a cosine of .952 with it, .954 without), and of several drawings the nearest to the caption is kept anyway.
/// </remarks>
public sealed class AutoregressivePrior
{
    readonly CodePriorNetwork network;
    readonly Device device;
    readonly SoftmaxCrossEntropy loss = new();

    /// <summary>Over a model's parts.</summary>
    /// <exception cref="InvalidCastException">The model's prior is of another form.</exception>
    public AutoregressivePrior(UnclipModel model) =>
        (network, device) = ((CodePriorNetwork)model.Prior, model.StoresOf(model.Prior)[0].Device);

    /// <summary>Finds what the codes mean by the embeddings that are to be learnt, unless the network knows it from before.</summary>
    /// <param name="images">Embeddings of pictures, one behind the other.</param>
    /// <returns>What they mean, and whether it is new.</returns>
    public (EmbeddingCodes Codes, bool IsNew) Learn(ReadOnlySpan<float> images)
    {
        if (network.ReadCodes(device.Stream) is { } known)
            return (known, false);
        network.WriteCodes(
            device.Stream, EmbeddingCodes.Of(images, network.EmbeddingLength, network.Components, network.Buckets));
        return (Codes, true);
    }

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="text">Scaled embeddings of captions, <c>[B, embedding]</c>; zeros where the condition is dropped.</param>
    /// <param name="before">The codes of their pictures' embeddings as <see cref="CodePriorNetwork.Forward"/> takes them, from <see cref="Shift"/>.</param>
    /// <param name="codes">The codes, <c>[B, codes]</c>.</param>
    /// <returns>The mean cross-entropy of a code in nats, one element, on the device.</returns>
    public Tensor Run(Context context, Tensor text, TokenBatch before, IntTensor codes)
    {
        Tensor result = loss.Forward(context, network.Forward(context, text, before), codes);
        if (context.Training)
            network.Backward(context, loss.Backward(context));
        return result;
    }

    /// <summary>Numbers in [0, 1) that the drawing of an embedding takes.</summary>
    /// <exception cref="InvalidOperationException">It is not known yet what the codes mean.</exception>
    public int NumbersOfDrawing => Codes.Count;

    /// <summary>Draws image embeddings.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="text">Scaled embeddings of captions, <c>[B, embedding]</c>.</param>
    /// <param name="uniforms">Of each its numbers in [0, 1), one behind the other: see <see cref="NumbersOfDrawing"/>.</param>
    /// <param name="temperature">What logits are divided by: 0 takes the likeliest code, 1 draws as learnt.</param>
    /// <param name="guidance">How far from the logits without the condition: 0 without it, 1 with it, more to overdo it.</param>
    /// <returns><c>[B, embedding]</c>.</returns>
    /// <exception cref="InvalidOperationException">It is not known yet what the codes mean.</exception>
    public float[] Draw(Context context, Tensor text, ReadOnlySpan<float> uniforms, float temperature, float guidance)
    {
        EmbeddingCodes codes = Codes;
        int count = text.Shape[0];
        bool isGuided = guidance != 1f;
        if (isGuided)
            text = Guidance.WithAndWithout(context, text);
        int[] drawn = new int[text.Shape[0] * codes.Count];
        var before = new TokenBatch();
        for (int place = 0; place < codes.Count; place++)
        {
            long mark = context.Arena.Mark();
            int[] known = new int[text.Shape[0] * (place + 1)];
            Shift(drawn, codes.Count, known, place + 1);
            before.Set(known);
            Tensor logits = network.ForwardLast(context, text, before.Upload(context, text.Shape[0], place + 1));
            if (isGuided)
                logits = Guidance.Combine(context, logits, guidance);
            float[] values = logits.ToArray(context.Stream);
            for (int b = 0; b < count; b++)
            {
                int code = Choose(values.AsSpan(b * codes.Buckets, codes.Buckets), uniforms[b * codes.Count + place], temperature);
                for (int row = b; row < text.Shape[0]; row += count)
                    drawn[row * codes.Count + place] = code;
            }

            context.Arena.ReleaseSince(mark);
        }

        float[] embeddings = new float[count * network.EmbeddingLength];
        for (int b = 0; b < count; b++)
        {
            codes.Decode(drawn.AsSpan(b * codes.Count, codes.Count),
                embeddings.AsSpan(b * network.EmbeddingLength, network.EmbeddingLength));
        }

        return embeddings;
    }

    /// <summary>What the first places of rows of codes are told: 0, then each code but the last, counted from 1.</summary>
    /// <param name="codes">Codes, a row behind the other.</param>
    /// <param name="count">Codes of a row.</param>
    /// <param name="before">Written, a row behind the other.</param>
    /// <param name="places">Places of a row, at least 1.</param>
    public static void Shift(ReadOnlySpan<int> codes, int count, Span<int> before, int places)
    {
        for (int i = 0; i < before.Length; i++)
            before[i] = i % places == 0 ? 0 : 1 + codes[i / places * count + i % places - 1];
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        network.Abandon();
        loss.Abandon();
    }

    // Of the model's device: a drawing is gone through on one that only counts, too.
    EmbeddingCodes Codes => network.ReadCodes(device.Stream)
        ?? throw new InvalidOperationException(
            "it is not known yet what the codes of the autoregressive prior mean; call Learn, or load a checkpoint");

    // The code at which the sum of the likelihoods, in order, passes the number's share of all.
    static int Choose(ReadOnlySpan<float> logits, double uniform, float temperature)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
            best = logits[i] > logits[best] ? i : best;
        if (temperature == 0)
            return best;
        double[] sums = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
            sums[i] = sum += StrictMath.Exp(((double)logits[i] - logits[best]) / temperature);
        for (int i = 0; i < logits.Length; i++)
        {
            if (sums[i] > uniform * sum)
                return i;
        }

        return best;
    }
}
