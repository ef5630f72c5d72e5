// Rows of a table:  y[i] = W[token[i]]          token [n]   W, dW [vocabulary, features]   y, dy [n, features]
//   With padding, token 0 reads as zeros and has no gradient.
// Backward:  dW[v] += sum of dy[i] over the places i where token[i] = v, in rising order, in runs of 64      (accumulated)
//   The places come by token: segment s is token ids[s] at places order[starts[s]] .. order[starts[s + 1] - 1]. Segments without places, which
//   fill up ids and starts behind the batch's own, have no token: so the launch is the same for every batch of a shape.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>Looking up rows of a table, and the segmented sum that is its gradient.</summary>
public static class EmbeddingOp
{
    const int Run = 64;

    // Tokens of a group: what a group costs by itself is more than what a short row does.
    const int Tokens = 16;

    /// <summary>The rows of the tokens.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="tokens">Rows of the table, each in it.</param>
    /// <param name="table">W.</param>
    /// <param name="padding">Token 0 reads as zeros.</param>
    /// <param name="y">Written.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Forward(Stream stream, IntTensor tokens, Tensor table, bool padding, Tensor y)
    {
        Require(tokens.Length, table, y);
        int each = stream.Device.Properties.HoldsManyThreads ? 1 : Tokens;
        stream.Launch(
            GatherKernel, Lanes.Groups(stream, IntrinsicMath.DivRoundUp(tokens.Length, each)), tokens.View, table.View, y.View,
            tokens.Length, table.Cols, padding ? 1 : 0, each);
    }

    /// <summary>The gradient of the table's rows that were read.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="order">Places of dy, those of each token together and in rising order.</param>
    /// <param name="starts">Where each segment starts in the order, and the end of the last; those without places come last.</param>
    /// <param name="ids">The token of each segment that has places, each once.</param>
    /// <param name="dy">The gradient of the rows that were read.</param>
    /// <param name="dtable">Added to.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public static void Backward(Stream stream, ArrayView<int> order, ArrayView<int> starts, ArrayView<int> ids, Tensor dy, Tensor dtable)
    {
        Require(dy.Rows, dtable, dy);
        if (starts.Length != ids.Length + 1)
            throw new ArgumentException($"{ids.Length} segments have {ids.Length + 1} bounds, not {starts.Length}");
        // Each token of the table has one segment at most.
        int segments = Math.Min(ids.IntLength, dtable.Rows);
        stream.Launch(SegmentSumKernel, new Index2D(dtable.Cols, segments), order, starts, ids, dy.View, dtable.View, dtable.Cols);
    }

    static void Require(int tokens, Tensor table, Tensor y)
    {
        if (y.Cols != table.Cols || y.Rows != tokens)
            throw new ArgumentException($"{tokens} tokens of a table {table.Shape} do not fit rows of {y.Shape}");
    }

    // One group per run of tokens, its threads along the features.
    static void GatherKernel(ArrayView<int> tokens, ArrayView<float> table, ArrayView<float> y, int count, int features, int padding,
        int each)
    {
        int end = IntrinsicMath.Min((Grid.IdxX + 1) * each, count);
        for (int place = Grid.IdxX * each; place < end; place++)
        {
            int token = tokens[place];
            if (padding == 1 && token == 0)
                Lanes.ForEach(new Zeros(y, place * features), 0, features);
            else
                Lanes.ForEach(new Copy(table, token * features, y, place * features), 0, features);
        }
    }

    readonly record struct Zeros(ArrayView<float> Target, int To) : IElement
    {
        public void Do(int at) => Target[To + at] = 0f;
    }

    // One thread per feature of each segment.
    static void SegmentSumKernel(
        Index2D index, ArrayView<int> order, ArrayView<int> starts, ArrayView<int> ids, ArrayView<float> dy, ArrayView<float> dtable,
        int features)
    {
        int first = starts[index.Y], end = starts[index.Y + 1];
        if (first == end)
            return;
        float total = 0f;
        for (int start = first; start < end; start += Run)
        {
            float sum = 0f;
            int stop = IntrinsicMath.Min(start + Run, end);
            for (int i = start; i < stop; i++)
                sum += dy[order[i] * features + index.X];
            total += sum;
        }

        dtable[ids[index.Y] * features + index.X] += total;
    }
}
