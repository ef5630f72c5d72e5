using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Training.Ranks;

/// <summary>
/// The sum of the gradients that the parts of a step give, in the order of a <see cref="SummationTree"/>, so that it has the same bits however the parts are divided among ranks. Each
/// rank brings its own parts to subtrees; of each bucket every rank gets a slice of all subtrees, merges them, and gives the sum to all others.
/// </summary>
sealed class GradientSum : IDisposable
{
    readonly Device device;
    readonly ParameterStore[] stores;
    readonly Communicator? ranks;

    // Of each own part: how many sums wait before it, and how many of them are added to it.
    readonly int[] before;
    readonly int[] merges;

    // Sums of own parts that wait for more: by place, by store.
    readonly Buffer<float>[][] waiting;

    // The same, and the gradients themselves behind them: by bucket, by place.
    readonly Tensor[][] sums;
    readonly GradientExchange[] exchanges;
    readonly int[] order;
    int begun;
    int merged;
    float weight;

    /// <summary>A sum of nothing yet.</summary>
    /// <param name="device">Where the stores are.</param>
    /// <param name="stores">Whose gradients.</param>
    /// <param name="parts">Parts of a step.</param>
    /// <param name="ranks">Who the others are; null for nobody.</param>
    /// <param name="isGathered">Whether each rank gets all of the sum, or its own slices of the buckets alone.</param>
    public GradientSum(Device device, IReadOnlyList<ParameterStore> stores, int parts, Communicator? ranks, bool isGathered = true)
    {
        (this.device, this.stores, this.ranks) = (device, [.. stores], ranks is { Size: > 1 } ? ranks : null);
        (int rank, int size) = ranks == null ? (0, 1) : (ranks.Rank, ranks.Size);
        var tree = new SummationTree(parts);
        var share = new PartShare(parts, size);
        Parts = [.. Enumerable.Range(share.First(rank), share.End(rank) - share.First(rank))];
        (before, merges) = (new int[Parts.Length], new int[Parts.Length]);
        var nodes = new List<TreeNode>();
        for (int i = 0; i < Parts.Length; i++)
        {
            before[i] = nodes.Count;
            merges[i] = tree.Push(nodes, new TreeNode(0, Parts[i]));
        }

        waiting = [.. Enumerable.Range(0, before.Max()).Select(_ => stores.Select(store =>
            device.Allocate<float>(store.Gradients.Length)).ToArray())];
        Buckets = GradientBucket.Of(stores, size);
        sums = [.. Buckets.Select(bucket => waiting.Select(place => place[bucket.Store].View).Append(stores[bucket.Store].Gradients)
            .Select(view => new Tensor(view.Part(bucket.Offset, bucket.Length), new Shape(bucket.Length))).ToArray())];
        order = new int[Buckets.Length];

        // What every rank's parts come to.
        TreeNode[][] all = [.. Enumerable.Range(0, size).Select(one => tree.Of(share.First(one), share.End(one)).ToArray())];
        Tensor[] Own(int bucket) => [.. sums[bucket].Take(nodes.Count - 1), sums[bucket][^1]];
        exchanges = ranks == null ? [] : [.. Buckets.Select((bucket, i) =>
            new GradientExchange(device, ranks, bucket, i, Own(i), all, tree, isGathered))];
    }

    /// <summary>The parts that this rank computes, in order.</summary>
    public int[] Parts { get; }

    /// <summary>Ranges of gradients that are exchanged one by one.</summary>
    public GradientBucket[] Buckets { get; }

    /// <summary>Adds what the gradients are after an own part that is not the last, and sets them to zero.</summary>
    /// <param name="place">Which of <see cref="Parts"/>.</param>
    /// <param name="factor">What they are multiplied by.</param>
    public void Add(int place, float factor)
    {
        for (int b = 0; b < Buckets.Length; b++)
        {
            Merge(b, place, factor);
            device.Stream.Copy(sums[b][^1].View, sums[b][before[place] - merges[place]].View);
        }

        foreach (ParameterStore store in stores)
            store.ClearGradients();
    }

    /// <summary>Begins with the last own part; its gradients are taken bucket by bucket.</summary>
    /// <param name="factor">What they are multiplied by.</param>
    public void BeginLast(float factor) => (weight, begun, merged) = (factor, 0, 0);

    /// <summary>Takes the gradients of a bucket after the last own part, and sends them on their way. Buckets come in the same order on each rank.</summary>
    /// <param name="bucket">Which.</param>
    public void Take(int bucket)
    {
        Merge(bucket, Parts.Length - 1, weight);
        if (ranks == null)
            return;
        exchanges[bucket].Begin();
        order[begun++] = bucket;
        while (merged < begun && exchanges[order[merged]].IsReduced())
            exchanges[order[merged++]].Merge();
    }

    /// <summary>Waits until the gradients, or the own slices of them, are the sum of all parts.</summary>
    /// <exception cref="RankLostException">They never will be.</exception>
    public void Finish()
    {
        while (merged < begun)
        {
            exchanges[order[merged]].WaitReduced();
            exchanges[order[merged++]].Merge();
        }

        foreach (GradientExchange exchange in exchanges)
            exchange.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GradientExchange exchange in exchanges)
            exchange.Dispose();
        foreach (Buffer<float> buffer in waiting.SelectMany(place => place))
            buffer.Dispose();
    }

    void Merge(int bucket, int place, float factor)
    {
        Tensor gradient = sums[bucket][^1];
        if (factor != 1f)
            ElementwiseOp.Scale(device.Stream, gradient, factor, gradient);
        for (int i = 1; i <= merges[place]; i++)
            ElementwiseOp.AddInPlace(device.Stream, gradient, sums[bucket][before[place] - i]);
    }
}
