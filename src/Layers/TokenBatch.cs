namespace Dalle2.Layers;

/// <summary>
/// The tokens of a step and what an <see cref="Embedding"/>'s backward pass needs of them: their places by token. They are looked at on the
/// host when the batch is made, on any thread, and go to the device once, with the batch, so that nothing of the step itself needs the host.
/// The memory is kept from batch to batch.
/// </summary>
/// <param name="padding">Whether token 0 is padding, which has no gradient.</param>
public sealed class TokenBatch(bool padding = true)
{
    int[] tokens = [];
    int[] places = [];
    int[] segmentTokens = [];
    int[] bounds = [];
    int[] segmentOf = [];
    int length;
    int count;
    int segments;
    IntTensor? uploaded;

    /// <summary>Whether token 0 is padding.</summary>
    public bool Padding => padding;

    /// <summary>The smallest token of the last <see cref="Set"/>; 0 if there is none.</summary>
    public int Smallest { get; private set; }

    /// <summary>The largest token of the last <see cref="Set"/>; 0 if there is none.</summary>
    public int Largest { get; private set; }

    /// <summary>The tokens on the device, of the last <see cref="Upload"/>.</summary>
    /// <exception cref="InvalidOperationException">They were not uploaded.</exception>
    public IntTensor Tokens =>
        uploaded ?? throw new InvalidOperationException("the tokens of a batch were not uploaded; call Upload at the step's beginning");

    /// <summary>Places of the tokens, those of each token together and in rising order, then zeros; on the device.</summary>
    internal ArrayView<int> Order { get; private set; }

    /// <summary>Where each token's segment of the order starts, and the end of the last, which stands in the rest too; on the device.</summary>
    internal ArrayView<int> Starts { get; private set; }

    /// <summary>The token of each segment, then zeros; on the device.</summary>
    internal ArrayView<int> Ids { get; private set; }

    /// <summary>Tokens made ready and on the device, in one call.</summary>
    public static TokenBatch Of(Context context, ReadOnlySpan<int> tokens, bool padding, params ReadOnlySpan<int> extents)
    {
        var batch = new TokenBatch(padding);
        batch.Set(tokens);
        return batch.Upload(context, extents);
    }

    // Segments come in the order in which the batch has their first tokens, so that it takes as long as the batch is, not as the vocabulary.
    /// <summary>Copies the tokens and sorts their places. Allocates only for more tokens, or larger ones, than ever before.</summary>
    public void Set(ReadOnlySpan<int> values)
    {
        uploaded = null;
        Take(values);
        (segments, count) = (0, 0);
        // bounds[s + 1] is the length of segment s, then where its next place goes, and so in the end where it ends.
        foreach (int token in values)
        {
            if (!IsCounted(token))
                continue;
            ref int segment = ref segmentOf[token];
            if (segment < 0)
            {
                segment = segments++;
                segmentTokens[segment] = token;
                bounds[segment + 1] = 0;
            }

            bounds[segment + 1]++;
        }

        for (int segment = 0; segment < segments; segment++)
        {
            int size = bounds[segment + 1];
            bounds[segment + 1] = count;
            count += size;
        }

        for (int place = 0; place < length; place++)
        {
            if (IsCounted(values[place]))
                places[bounds[segmentOf[values[place]] + 1]++] = place;
        }

        for (int segment = 0; segment < segments; segment++)
            segmentOf[segmentTokens[segment]] = -1;
    }

    /// <summary>Copies all of it to the device; once a step, at its beginning.</summary>
    /// <param name="context">The step.</param>
    /// <param name="extents">The shape of the tokens, say <c>[T, B]</c>.</param>
    /// <exception cref="ArgumentException">The shape does not have as many elements as there are tokens.</exception>
    public TokenBatch Upload(Context context, params ReadOnlySpan<int> extents)
    {
        if (new Shape(extents).Length != length)
            throw new ArgumentException($"{length} tokens do not have the shape {new Shape(extents)}");
        uploaded = context.Upload(tokens.AsSpan(0, length), extents);
        // All of the memory, whatever the batch, with segments of no places behind its own: so that a recorded step fits each batch of the shape.
        Array.Clear(places, count, length - count);
        bounds.AsSpan(segments + 1, length - segments).Fill(count);
        Array.Clear(segmentTokens, segments, length - segments);
        Order = context.Upload(places.AsSpan(0, length), length).View;
        Starts = context.Upload(bounds.AsSpan(0, length + 1), length + 1).View;
        Ids = context.Upload(segmentTokens.AsSpan(0, length), length).View;
        return this;
    }

    void Take(ReadOnlySpan<int> values)
    {
        length = values.Length;
        if (tokens.Length < length || bounds.Length == 0)
            (tokens, places, segmentTokens, bounds) = (new int[length], new int[length], new int[length], new int[length + 1]);
        values.CopyTo(tokens);
        (Smallest, Largest) = (length == 0 ? 0 : values[0], length == 0 ? 0 : values[0]);
        foreach (int token in values)
            (Smallest, Largest) = (Math.Min(Smallest, token), Math.Max(Largest, token));
        if (segmentOf.Length <= Largest)
        {
            int known = segmentOf.Length;
            Array.Resize(ref segmentOf, Largest + 1);
            Array.Fill(segmentOf, -1, known, segmentOf.Length - known);
        }
    }

    // An embedding refuses tokens below 0.
    bool IsCounted(int token) => token > 0 || (token == 0 && !padding);
}
