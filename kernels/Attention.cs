// Scaled dot-product attention of several heads:  y[i] = sum over j of p[i, j] v[j],   p[i, j] = exp(s[i, j] - lse[i]),   s[i, j] = scale q[i] . k[j]
//   lse[i] = log of the sum over j of exp(s[i, j]); only keys j < length[b] are seen, and with a causal mask keys j <= i; where none is, y is 0
//   q, y, dq, dy [batch, queries, heads * size]   k, v, dk, dv [batch, keys, heads * size]   lse, delta [batch, heads, queries]   length [batch]
// Backward:  delta[i] = dy[i] . y[i],   ds[i, j] = scale p[i, j] (dy[i] . v[j] - delta[i])
//   dq[i] = sum over j of ds[i, j] k[j],   dk[j] = sum over i of ds[i, j] q[i],   dv[j] = sum over i of p[i, j] dy[i]   (all written, =);  kept are y and lse
// No matrix of queries by keys is in memory (FlashAttention, Dao et al., 2022, arXiv 2205.14135; FlashAttention-2, arXiv 2307.08691): a group has 32 queries, or keys in the
// gradients of k and v, of a head, and meets the others in blocks of 64, whose scores lie in shared memory; backward computes them again. Where there are heads enough for all processors and
// shared memory enough, a group has a whole head in backward, and computes them once: the sums are the same.
// Scores are chains of fused multiply-adds over the head's size, results over the other axis, both in rising order; y is scaled to each block's new maximum, and the exponentials of a
// block have four sums, by the key's number modulo 4, which are added in pairs.
using ILGPU;

namespace Dalle2.Kernels;

/// <summary>The sizes of an attention.</summary>
/// <param name="Batch">Samples.</param>
/// <param name="Queries">Queries of each.</param>
/// <param name="Keys">Keys of each, as many as values.</param>
/// <param name="Heads">Heads.</param>
/// <param name="Size">Values of a head.</param>
/// <param name="Scale">The factor of the scores.</param>
/// <param name="IsCausal">1 if query i sees keys 0 to i only.</param>
/// <param name="HasLengths">1 if each sample has a number of keys of its own.</param>
/// <param name="Products">Of queries by keys that a launch computes, for profiles.</param>
readonly record struct AttentionShape(
    int Batch, int Queries, int Keys, int Heads, int Size, float Scale, int IsCausal, int HasLengths, int Products) : ILaunchCost
{
    /// <inheritdoc/>
    public double Flops => 2.0 * Products * Batch * Heads * Queries * Keys * Size;

    /// <summary>From a query or key to the next.</summary>
    public int Stride => Heads * Size;

    /// <summary>Rows of a piece that passes through shared memory: a multiple of 8.</summary>
    public int PieceRows(int length) =>
        length / ((Size + AttentionOp.Panel - 1) / AttentionOp.Panel * AttentionOp.Panel) & -RegisterTile.Rows;
}

/// <summary>Attention whose memory grows with the length, not with its square.</summary>
public static class AttentionOp
{
    /// <summary>The largest size of a head.</summary>
    public const int MaxSize = 128;

    /// <summary>Queries or keys of a group, the columns of its scores.</summary>
    internal const int Panel = AttentionTile.Panel;

    // The others that it meets at a time, and sums of a block's exponentials.
    const int Block = 64, Chains = 4;

    const int PieceLength = Block * Panel;

    // On cards a line is a warp, and lines share the rows of a block.
    const int CardThreads = 32, CardLines = 4;

    // Of a card's groups along y and z.
    const int MostGroups = 65535;

    /// <summary>The attention's results, and what its backward pass needs.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="q">Queries, <c>[batch, queries, heads * size]</c>.</param>
    /// <param name="k">Keys, <c>[batch, keys, heads * size]</c>.</param>
    /// <param name="v">Values, as the keys.</param>
    /// <param name="lengths">Keys that each sample has, <c>[batch]</c>; null if all have all of them. Less than 0 is 0, and more than there are is all.</param>
    /// <param name="y">Written, as the queries; zeros for a sample without keys.</param>
    /// <param name="logSums">Written, <c>[batch, heads, queries]</c>: log of the sum of the exponentials of a query's scores, 0 for a sample without keys.</param>
    /// <param name="scale">The factor of the scores, 1 / sqrt(size) as a rule.</param>
    /// <param name="causal">Query i sees keys 0 to i only.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or a head is larger than <see cref="MaxSize"/>.</exception>
    public static void Forward(Stream stream, Tensor q, Tensor k, Tensor v, IntTensor? lengths, Tensor y, Tensor logSums, float scale,
        bool causal = false)
    {
        AttentionShape shape = ShapeOf(q, k, v, lengths, y, logSums, scale, causal) with { Products = 2 };
        if (q.Length == 0)
            return;
        stream.Launch(
            shape.Size <= default(SmallRoom).Size ? ForwardKernel<SmallRoom> : ForwardKernel<LargeRoom>, Groups(stream, shape, q.Shape[1]),
            q.View, k.View, v.View, lengths?.View ?? default, y.View, logSums.View, shape);
    }

    /// <summary>The gradients of queries, keys and values.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="q">The queries.</param>
    /// <param name="k">The keys.</param>
    /// <param name="v">The values.</param>
    /// <param name="lengths">The lengths of Forward.</param>
    /// <param name="y">From Forward.</param>
    /// <param name="logSums">From Forward.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="delta">Scratch, <c>[batch, heads, queries]</c>.</param>
    /// <param name="dq">Written.</param>
    /// <param name="dk">Written.</param>
    /// <param name="dv">Written.</param>
    /// <param name="scale">The factor of the scores.</param>
    /// <param name="causal">Query i sees keys 0 to i only.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or a head is larger than <see cref="MaxSize"/>.</exception>
    public static void Backward(Stream stream, Tensor q, Tensor k, Tensor v, IntTensor? lengths, Tensor y, Tensor logSums, Tensor dy,
        Tensor delta, Tensor dq, Tensor dk, Tensor dv, float scale, bool causal = false)
    {
        AttentionShape shape = ShapeOf(q, k, v, lengths, y, logSums, scale, causal);
        ShapeOf(dq, dk, dv, lengths, dy, delta, scale, causal);
        if (dq.Shape != q.Shape || dk.Shape != k.Shape)
            throw new ArgumentException($"gradients of {dq.Shape} and {dk.Shape} do not fit queries of {q.Shape} and keys of {k.Shape}");
        ArrayView<int> given = lengths?.View ?? default;
        bool isSmall = shape.Size <= default(SmallRoom).Size;
        if (HasGroupPerHead(stream.Device.Properties, shape))
        {
            stream.Launch(
                isSmall ? HeadGradientKernel<SmallRoom> : HeadGradientKernel<LargeRoom>,
                new KernelConfig(new Index3D(1, shape.Heads, shape.Batch), new Index3D(RegisterTile.Threads(stream.Device), 1, 1)),
                q.View, k.View, v.View, given, y.View, logSums.View, dy.View, delta.View, dq.View, dk.View, dv.View,
                shape with { Products = 5 });
            return;
        }

        if (q.Length > 0)
        {
            stream.Launch(
                isSmall ? QueryGradientKernel<SmallRoom> : QueryGradientKernel<LargeRoom>, Groups(stream, shape, shape.Queries), q.View,
                k.View, v.View, given, y.View, logSums.View, dy.View, delta.View, dq.View, shape with { Products = 3 });
        }

        if (k.Length > 0)
        {
            stream.Launch(
                isSmall ? KeyGradientKernel<SmallRoom> : KeyGradientKernel<LargeRoom>, Groups(stream, shape, shape.Keys), q.View, k.View,
                v.View, given, logSums.View, dy.View, delta.View, dk.View, dv.View, shape with { Products = 4 });
        }
    }

    static AttentionShape ShapeOf(Tensor q, Tensor k, Tensor v, IntTensor? lengths, Tensor y, Tensor logSums, float scale, bool causal)
    {
        bool isThree = q.Shape.Rank == 3 && k.Shape.Rank == 3;
        if (!isThree || k.Shape != v.Shape || q.Shape != y.Shape || q.Shape[0] != k.Shape[0] || q.Cols != k.Cols)
        {
            throw new ArgumentException($"queries of {q.Shape} to results of {y.Shape}, keys of {k.Shape} and values of {v.Shape} do not "
                + "fit: [batch, queries, width], [batch, keys, width]");
        }

        int batch = q.Shape[0], queries = q.Shape[1];
        if (logSums.Shape.Rank != 3 || logSums.Shape[0] != batch || logSums.Shape[2] != queries || logSums.Shape[1] < 1
            || q.Cols % logSums.Shape[1] != 0)
        {
            throw new ArgumentException($"sums of {logSums.Shape} do not fit queries of {q.Shape}: [batch, heads, queries], and "
                + "the heads divide the width");
        }

        int heads = logSums.Shape[1], size = q.Cols / heads;
        if (size is < 1 or > MaxSize)
            throw new ArgumentException($"{heads} heads of a width of {q.Cols} have a size of {size}; it must be 1 to {MaxSize}");
        if (lengths != null && lengths.Length != batch)
            throw new ArgumentException($"{lengths.Length} lengths do not fit a batch of {batch}");
        if (batch > MostGroups || heads > MostGroups)
            throw new ArgumentException($"a batch of {batch} and {heads} heads: there may be {MostGroups} of each");
        return new AttentionShape(batch, queries, k.Shape[1], heads, size, scale, causal ? 1 : 0, lengths == null ? 0 : 1, 0);
    }

    // A card wants more groups than there are heads.
    static bool HasGroupPerHead(HardwareProperties device, AttentionShape shape) =>
        !device.HoldsManyThreads && device.SharedBytesPerGroup >= HeadShared<LargeRoom>() * sizeof(float)
        && shape.Batch * shape.Heads >= (device.Processors == 1 ? 1 : 4 * device.Processors);

    // Two sides, scores, two pieces of the other axis and one of keys.
    static int HeadShared<TRoom>()
        where TRoom : unmanaged, IRoom => default(TRoom).Size * (3 * Panel + 2 * Block) + Block * Panel;

    // Along x panels, along y heads, along z samples.
    static KernelConfig Groups(Stream stream, AttentionShape shape, int rows)
    {
        HardwareProperties device = stream.Device.Properties;
        bool hasLines = device.HoldsManyThreads && device.MaxGroupThreads >= CardThreads * CardLines;
        return new KernelConfig(
            new Index3D(IntrinsicMath.DivRoundUp(rows, Panel), shape.Heads, shape.Batch),
            hasLines ? new Index3D(CardThreads, CardLines, 1) : new Index3D(RegisterTile.Threads(stream.Device), 1, 1));
    }

    // One group per 32 queries of a head.
    static void ForwardKernel<TRoom>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> lengths, ArrayView<float> y, ArrayView<float> logSums,
        AttentionShape s)
        where TRoom : unmanaged, IRoom
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(default(TRoom).Size * Panel + Block * Panel + PieceLength),
            largest = SharedMemory.Allocate<float>(Chains * Panel), sums = SharedMemory.Allocate<float>(Chains * Panel),
            factors = SharedMemory.Allocate<float>(Panel);
        ArrayView<float> top = LocalMemory.Allocate<float>(Panel), total = LocalMemory.Allocate<float>(Panel);
        int firstQuery = Grid.IdxX * Panel, height = IntrinsicMath.Min(Panel, s.Queries - firstQuery), stride = s.Stride,
            own = (Grid.IdxZ * s.Queries + firstQuery) * stride + Grid.IdxY * s.Size,
            keys = Grid.IdxZ * s.Keys * stride + Grid.IdxY * s.Size, end = VisibleKeys(lengths, s, firstQuery + height),
            scores = default(TRoom).Size * Panel;
        var tile = new AttentionTile(shared, scores, scores + Block * Panel, s.PieceRows(PieceLength), s.Size);
        tile.CopyTurned(0, q, own, stride, height);
        for (int e = 0; e < AttentionTile.Owned; e++)
        {
            top[e] = float.MinValue;
            total[e] = 0f;
        }

        for (int start = 0; start < end; start += Block)
        {
            // As many chains as there are, in a loop that stays one: .NET keeps the values of long code on the stack.
            int count = IntrinsicMath.Min(Block, end - start), chains = IntrinsicMath.Min(Chains, count * Chains);
            for (int p = 0; p < count; p += tile.PieceRows)
            {
                int rows = IntrinsicMath.Min(tile.PieceRows, count - p), first = start + p;
                tile.Renew(k, keys + first * stride, stride, rows);
                tile.Multiply(0, p, rows, new Score(s.Scale, firstQuery - first, s.IsCausal), 0);
            }

            Group.Barrier();
            for (int chain = Group.IdxY; chain < chains; chain += Group.DimY)
            {
                for (int e = 0; e < AttentionTile.Owned; e++)
                {
                    float most = float.MinValue;
                    for (int row = chain; row < count; row += Chains)
                        most = StrictMath.Max(shared[tile.ScoreAt(row, e)], most);

                    largest[chain * Panel + AttentionTile.Column(e)] = most;
                }
            }

            Group.Barrier();
            for (int e = 0; e < AttentionTile.Owned; e++)
            {
                float before = top[e], most = before;
                for (int chain = 0; chain < Chains; chain++)
                    most = StrictMath.Max(largest[chain * Panel + AttentionTile.Column(e)], most);
                float factor = StrictMath.Exp(before - most);
                top[e] = most;
                total[e] *= factor;
                if (Group.IdxY == 0)
                    factors[AttentionTile.Column(e)] = factor;
            }

            for (int chain = Group.IdxY; chain < chains; chain += Group.DimY)
            {
                for (int e = 0; e < AttentionTile.Owned; e++)
                {
                    float sum = 0f, most = top[e];
                    for (int row = chain; row < count; row += Chains)
                    {
                        int at = tile.ScoreAt(row, e);
                        float power = StrictMath.Exp(shared[at] - most);
                        shared[at] = power;
                        sum += power;
                    }

                    sums[chain * Panel + AttentionTile.Column(e)] = sum;
                }
            }

            Group.Barrier();
            for (int e = 0; e < AttentionTile.Owned; e++)
            {
                int at = AttentionTile.Column(e);
                total[e] += sums[at] + sums[Panel + at] + (sums[2 * Panel + at] + sums[3 * Panel + at]);
            }

            for (int p = 0; p < count; p += tile.PieceRows)
            {
                int rows = IntrinsicMath.Min(tile.PieceRows, count - p);
                tile.Renew(v, keys + (start + p) * stride, stride, rows);
                tile.AddRows(p, rows, y, own, stride, height, start + p == 0, factors, p == 0);
            }
        }

        Group.Barrier();
        int sumsAt = (Grid.IdxZ * s.Heads + Grid.IdxY) * s.Queries + firstQuery;
        for (int e = 0; e < AttentionTile.Owned; e++)
        {
            int at = AttentionTile.Column(e);
            if (Group.IdxY == 0)
            {
                factors[at] = end > 0 ? 1f / total[e] : 0f;
                if (at < height)
                    logSums[sumsAt + at] = end > 0 ? top[e] + StrictMath.Log(total[e]) : 0f;
            }
        }

        Group.Barrier();
        if (end <= 0)
        {
            tile.Clear(y, own, stride, height);
            return;
        }

        for (int row = AttentionTile.FirstRow; row < height; row = AttentionTile.RowAfter(row))
        {
            for (int d = Group.IdxX; d < s.Size; d += Group.DimX)
                y[own + row * stride + d] *= factors[row];
        }
    }

    // One group per 32 queries of a head.
    static void QueryGradientKernel<TRoom>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> lengths, ArrayView<float> y, ArrayView<float> logSums,
        ArrayView<float> dy, ArrayView<float> deltas, ArrayView<float> dq, AttentionShape s)
        where TRoom : unmanaged, IRoom
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(2 * default(TRoom).Size * Panel + Block * Panel + PieceLength),
            logSum = LocalMemory.Allocate<float>(Panel), delta = LocalMemory.Allocate<float>(Panel);
        int firstQuery = Grid.IdxX * Panel, height = IntrinsicMath.Min(Panel, s.Queries - firstQuery), stride = s.Stride,
            own = (Grid.IdxZ * s.Queries + firstQuery) * stride + Grid.IdxY * s.Size,
            keys = Grid.IdxZ * s.Keys * stride + Grid.IdxY * s.Size, end = VisibleKeys(lengths, s, firstQuery + height),
            side = default(TRoom).Size * Panel, scores = 2 * side;
        var tile = new AttentionTile(shared, scores, scores + Block * Panel, s.PieceRows(PieceLength), s.Size);
        int sumsAt = (Grid.IdxZ * s.Heads + Grid.IdxY) * s.Queries + firstQuery;
        // What y and dy have to do with each other is known before the queries take the place of y.
        for (int i = 0; i < 3; i++)
        {
            tile.CopyTurned(i == 1 ? side : 0, i == 0 ? y : i == 1 ? dy : q, own, stride, height);
            Group.Barrier();
            for (int e = 0; i == 1 && e < AttentionTile.Owned; e++)
            {
                int at = AttentionTile.Column(e);
                float sum = 0f;
                for (int d = 0; d < s.Size; d++)
                    sum = Fused.MultiplyAdd(shared[d * Panel + at], shared[side + d * Panel + at], sum);
                delta[e] = sum;
                logSum[e] = at < height ? logSums[sumsAt + at] : 0f;
                if (Group.IdxY == 0 && at < height)
                    deltas[sumsAt + at] = sum;
            }
        }

        if (end <= 0)
        {
            tile.Clear(dq, own, stride, height);
            return;
        }

        for (int start = 0; start < end; start += Block)
        {
            int count = IntrinsicMath.Min(Block, end - start);
            // Probabilities, gradients of scores, their products.
            for (int stage = 0; stage < 3; stage++)
            {
                for (int p = 0; p < count; p += tile.PieceRows)
                {
                    int rows = IntrinsicMath.Min(tile.PieceRows, count - p), first = start + p;
                    tile.Renew(stage == 1 ? v : k, keys + first * stride, stride, rows);
                    if (stage == 2)
                    {
                        tile.AddRows(p, rows, dq, own, stride, height, first == 0, shared, false);
                    }
                    else
                    {
                        tile.Multiply(
                            stage * side, p, rows,
                            new QueryScore(logSum, delta, s.Scale, firstQuery - first, s.IsCausal), stage);
                    }
                }
            }
        }
    }

    // One group per 32 keys of a head.
    static void KeyGradientKernel<TRoom>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> lengths, ArrayView<float> logSums, ArrayView<float> dy,
        ArrayView<float> deltas, ArrayView<float> dk, ArrayView<float> dv, AttentionShape s)
        where TRoom : unmanaged, IRoom
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(2 * default(TRoom).Size * Panel + Block * Panel + PieceLength);
        int firstKey = Grid.IdxX * Panel, height = IntrinsicMath.Min(Panel, s.Keys - firstKey), stride = s.Stride,
            own = (Grid.IdxZ * s.Keys + firstKey) * stride + Grid.IdxY * s.Size,
            queries = Grid.IdxZ * s.Queries * stride + Grid.IdxY * s.Size, length = VisibleKeys(lengths, s, int.MaxValue),
            sumsAt = (Grid.IdxZ * s.Heads + Grid.IdxY) * s.Queries, side = default(TRoom).Size * Panel, scores = 2 * side;
        var tile = new AttentionTile(shared, scores, scores + Block * Panel, s.PieceRows(PieceLength), s.Size);
        // Queries before the first key do not see it under a causal mask.
        int begin = s.IsCausal != 0 ? firstKey : 0;
        if (firstKey >= length || begin >= s.Queries)
        {
            tile.Clear(dk, own, stride, height);
            tile.Clear(dv, own, stride, height);
            return;
        }

        for (int i = 0; i < 2; i++)
            tile.CopyTurned(i * side, i == 0 ? k : v, own, stride, height);
        for (int start = begin; start < s.Queries; start += Block)
        {
            int count = IntrinsicMath.Min(Block, s.Queries - start);
            // Probabilities; their products, then gradients of scores; the products of those.
            for (int stage = 0; stage < 3; stage++)
            {
                for (int p = 0; p < count; p += tile.PieceRows)
                {
                    int rows = IntrinsicMath.Min(tile.PieceRows, count - p), first = start + p;
                    tile.Renew(stage == 1 ? dy : q, queries + first * stride, stride, rows);
                    if (stage > 0)
                    {
                        tile.AddRows(p, rows, stage == 1 ? dv : dk, own, stride, height, first == begin, shared, false);
                        Group.Barrier();
                    }

                    if (stage < 2)
                    {
                        tile.Multiply(
                            stage * side, p, rows,
                            new KeyScore(
                                logSums, deltas, sumsAt + first, rows - 1, s.Scale, length - firstKey, firstKey - first,
                                s.IsCausal), stage);
                    }
                }
            }
        }
    }

    // One group per head of a sample.
    static void HeadGradientKernel<TRoom>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> lengths, ArrayView<float> y, ArrayView<float> logSums,
        ArrayView<float> dy, ArrayView<float> deltas, ArrayView<float> dq, ArrayView<float> dk, ArrayView<float> dv, AttentionShape s)
        where TRoom : unmanaged, IRoom
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(HeadShared<TRoom>());
        int stride = s.Stride, queries = Grid.IdxZ * s.Queries * stride + Grid.IdxY * s.Size,
            keys = Grid.IdxZ * s.Keys * stride + Grid.IdxY * s.Size, length = VisibleKeys(lengths, s, s.Queries),
            sumsAt = (Grid.IdxZ * s.Heads + Grid.IdxY) * s.Queries, side = default(TRoom).Size * Panel, scores = 2 * side,
            piece = scores + Block * Panel, other = piece + default(TRoom).Size * Block, last = other + default(TRoom).Size * Block;
        AttentionTile ofQueries = new(shared, scores, piece, Block, s.Size), ofKeys = new(shared, scores, last, Panel, s.Size);
        for (int first = 0; first < s.Queries; first += Panel)
        {
            int height = IntrinsicMath.Min(Panel, s.Queries - first), own = queries + first * stride;
            for (int i = 0; i < 2; i++)
                ofQueries.CopyTurned(i * side, i == 0 ? y : dy, own, stride, height);
            Group.Barrier();
            for (int e = 0; e < AttentionTile.Owned; e++)
            {
                int at = AttentionTile.Column(e);
                float sum = 0f;
                for (int d = 0; d < s.Size; d++)
                    sum = Fused.MultiplyAdd(shared[d * Panel + at], shared[side + d * Panel + at], sum);
                if (at < height)
                    deltas[sumsAt + first + at] = sum;
            }

            if (length <= 0)
                ofQueries.Clear(dq, own, stride, height);
        }

        for (int first = 0; first < s.Keys; first += Panel)
        {
            // Queries before the first key do not see it under a causal mask.
            int height = IntrinsicMath.Min(Panel, s.Keys - first), own = keys + first * stride, begin = s.IsCausal != 0 ? first : 0;
            if (first >= length || begin >= s.Queries)
            {
                ofKeys.Clear(dk, own, stride, height);
                ofKeys.Clear(dv, own, stride, height);
                continue;
            }

            for (int i = 0; i < 2; i++)
                ofQueries.CopyTurned(i * side, i == 0 ? k : v, own, stride, height);
            ofKeys.Renew(k, own, stride, height);
            for (int start = begin; start < s.Queries; start += Block)
            {
                int rows = IntrinsicMath.Min(Block, s.Queries - start), at = queries + start * stride;
                var score = new KeyScore(
                    logSums, deltas, sumsAt + start, rows - 1, s.Scale, length - first, first - start, s.IsCausal);
                // Probabilities; their products, then gradients of scores; the products of those.
                for (int stage = 0; stage < 3; stage++)
                {
                    AttentionTile tile = new(shared, scores, stage == 1 ? other : piece, Block, s.Size);
                    if (stage < 2)
                        tile.Renew(stage == 0 ? q : dy, at, stride, rows);
                    if (stage > 0)
                    {
                        tile.AddRows(0, rows, stage == 1 ? dv : dk, own, stride, height, start == begin, shared, false);
                        Group.Barrier();
                    }

                    if (stage < 2)
                        tile.Multiply(stage * side, 0, rows, score, stage);
                }

                ofKeys.AddColumns(IntrinsicMath.Min(height, length - first), dq, at, stride, rows, first == 0);
            }
        }
    }

    static int VisibleKeys(ArrayView<int> lengths, AttentionShape s, int endQuery)
    {
        int keys = s.Keys;
        if (s.HasLengths != 0)
            keys = IntrinsicMath.Clamp(lengths[Grid.IdxZ], 0, keys);
        return s.IsCausal != 0 ? IntrinsicMath.Min(keys, endQuery) : keys;
    }

    // Rows are keys, and the group's first query is counted from the piece's first key on.
    readonly record struct Score(float Scale, int Query, int IsCausal) : IScore
    {
        public float First(float product, int row, int own) =>
            IsCausal == 0 | row <= Query + AttentionTile.Column(own) ? product * Scale : float.MinValue;

        public float Second(float product, float first, int row, int own) => product;
    }

    // Likewise.
    readonly record struct QueryScore(ArrayView<float> LogSum, ArrayView<float> Delta, float Scale, int Query, int IsCausal) : IScore
    {
        public float First(float product, int row, int own) => IsCausal == 0 | row <= Query + AttentionTile.Column(own)
            ? StrictMath.Exp(Fused.MultiplyAdd(product, Scale, -LogSum[own])) : 0f;

        public float Second(float product, float first, int row, int own) => first * (product - Delta[own]) * Scale;
    }

    // Rows are queries, and those behind the last one take its sums. The first key that is not there from the group's first one on, and that one from the piece's first query on.
    readonly record struct KeyScore(
        ArrayView<float> LogSums, ArrayView<float> Deltas, int From, int Last, float Scale, int End, int Key,
        int IsCausal) : IScore
    {
        public float First(float product, int row, int own)
        {
            int col = AttentionTile.Column(own);
            return col < End & (IsCausal == 0 | Key + col <= row)
                ? StrictMath.Exp(Fused.MultiplyAdd(product, Scale, -LogSums[From + row])) : 0f;
        }

        public float Second(float product, float first, int row, int own) =>
            first * (product - Deltas[From + IntrinsicMath.Min(row, Last)]) * Scale;
    }

    // The largest head that a group's shared memory has room for. A constant.
    internal interface IRoom
    {
        int Size { get; }
    }

    internal readonly struct SmallRoom : IRoom
    {
        public int Size => 64;
    }

    internal readonly struct LargeRoom : IRoom
    {
        public int Size => MaxSize;
    }
}
