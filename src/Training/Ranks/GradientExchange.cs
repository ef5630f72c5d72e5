using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Tensors;
using Tensor = Dalle2.Tensors.Tensor;

namespace Dalle2.Training.Ranks;

/// <summary>
/// The exchange of one bucket of gradients: each rank sends of each of its sums every other rank's slice, merges the sums of its own slice in the order of the
/// <see cref="SummationTree"/>, and sends the result to all others. In the device's memory where messages reach it, otherwise by way of the host's.
/// </summary>
sealed unsafe class GradientExchange : IDisposable
{
    readonly Device device;
    readonly Communicator ranks;
    readonly Tensor[] own;
    readonly int[] slices;
    readonly int tag;

    // Neighbors first, so that not all send to the same rank at once.
    readonly int[] others;

    // Where the values of own sums are for messages, the gradients themselves last; and their memory, where it is not the device's.
    readonly nint[] addresses;
    readonly float[][] copies = [];

    // Of the own slice the sums of all ranks, in order, and how they become the first; what others sent of them in the device's memory or the host's.
    readonly (int Left, int Right)[] additions;
    readonly Tensor[] terms = [];
    readonly nint[] hostTerms = [];
    readonly Buffer<float>? received;
    readonly float[]? hostReceived;
    readonly (int From, nint Address)[] expected;
    readonly PendingMessage[] messages;
    readonly SliceGather? gather;
    int pending;
    int done;

    /// <summary>Readies a bucket.</summary>
    /// <param name="device">Where the gradients are.</param>
    /// <param name="ranks">The ranks, two at least.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="number">Its number, which sets its messages apart.</param>
    /// <param name="own">The own sums of the bucket, in order; the gradients are the last.</param>
    /// <param name="nodes">What the sums of each rank are of.</param>
    /// <param name="tree">The order of the sum.</param>
    /// <param name="isGathered">Whether all ranks get the sums of all slices.</param>
    public GradientExchange(Device device, Communicator ranks, GradientBucket bucket, int number, Tensor[] own, TreeNode[][] nodes,
        SummationTree tree, bool isGathered)
    {
        (this.device, this.ranks, this.own) = (device, ranks, own);
        tag = 2 * number;
        slices = bucket.Slices(ranks.Size);
        others = [.. Enumerable.Range(1, ranks.Size - 1).Select(turn => (ranks.Rank + turn) % ranks.Size)];
        int[] senders = [.. nodes.SelectMany((sums, rank) => sums.Select(_ => rank))];
        int theirs = senders.Count(rank => rank != ranks.Rank), length = Length(ranks.Rank), start = slices[ranks.Rank];
        nint next;
        if (ranks.Reaches(device))
        {
            addresses = [.. own.Select(sum => device.AddressOf(sum.View))];
            received = device.Allocate<float>((long)theirs * length);
            next = device.AddressOf(received.View);
            terms = [.. senders.Select((rank, i) => rank == ranks.Rank ? own[Before(i, own: true)].Slice(start, length)
                : new Tensor(received.View.Part((long)Before(i, own: false) * length, length), new Shape(length)))];
        }
        else
        {
            copies = [.. own.Select(_ => GC.AllocateUninitializedArray<float>(bucket.Length, pinned: true))];
            addresses = [.. copies.Select(copy => (nint)Unsafe.AsPointer(ref copy[0]))];
            hostReceived = GC.AllocateUninitializedArray<float>(Math.Max(1, theirs * length), pinned: true);
            nint first = next = (nint)Unsafe.AsPointer(ref hostReceived[0]);
            hostTerms = [.. senders.Select((rank, i) => rank == ranks.Rank ? At(Before(i, own: true), rank)
                : first + (nint)Before(i, own: false) * length * sizeof(float))];
        }

        expected = [.. senders.Where(rank => rank != ranks.Rank).Select((rank, i) => (rank, next + (nint)i * length * sizeof(float)))];
        additions = [.. Additions(nodes, tree)];
        messages = new PendingMessage[theirs + (ranks.Size - 1) * own.Length];
        if (isGathered)
            gather = new SliceGather(device, ranks, bucket, own[^1], tag + 1, copies.LastOrDefault());

        int Before(int place, bool own) => senders.Take(place).Count(rank => rank == ranks.Rank == own);
    }

    /// <summary>Sends what the other ranks need of the own sums.</summary>
    public void Begin()
    {
        if (copies.Length == 0)
            device.Stream.Synchronize();
        for (int i = 0; i < copies.Length; i++)
            device.Stream.Read<float>(own[i].View, copies[i]);
        (pending, done) = (0, 0);
        int bytes = Length(ranks.Rank) * sizeof(float);
        foreach (var (from, address) in expected)
        {
            if (bytes > 0)
                messages[pending++] = ranks.Receive(address, bytes, from, tag);
        }

        foreach (int to in others)
        {
            for (int i = 0; i < own.Length && Length(to) > 0; i++)
                messages[pending++] = ranks.Send(At(i, to), Length(to) * sizeof(float), to, tag);
        }
    }

    /// <summary>Whether all ranks' sums of the own slice are there, and those of others sent.</summary>
    public bool IsReduced()
    {
        while (done < pending && ranks.IsDone(ref messages[done]))
            done++;
        return done == pending;
    }

    /// <summary>Waits for the same.</summary>
    public void WaitReduced()
    {
        ranks.Wait(messages.AsSpan(done, pending - done));
        done = pending;
    }

    /// <summary>Merges the own slice, and sends it to all who get it; only then, since gradients that are still being sent must not be received over.</summary>
    public void Merge()
    {
        if (Length(ranks.Rank) > 0)
        {
            if (copies.Length == 0)
                MergeThere();
            else
                MergeHere();
        }

        gather?.Begin(isCopied: true);
    }

    /// <summary>Waits until the sums of all slices, if all ranks get them, are in the gradients.</summary>
    public void Finish() => gather?.Finish();

    /// <inheritdoc/>
    public void Dispose() => received?.Dispose();

    void MergeThere()
    {
        foreach (var (left, right) in additions)
            ElementwiseOp.AddInPlace(device.Stream, terms[left], terms[right]);
        int start = slices[ranks.Rank], length = Length(ranks.Rank);
        if (terms[0] != own[^1].Slice(start, length))
            device.Stream.Copy(terms[0].View, own[^1].Slice(start, length).View);
    }

    void MergeHere()
    {
        int start = slices[ranks.Rank], length = Length(ranks.Rank);
        foreach (var (left, right) in additions)
        {
            var sum = new Span<float>((void*)hostTerms[left], length);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>((void*)hostTerms[right], length), sum);
        }

        nint whole = At(own.Length - 1, ranks.Rank);
        if (whole != hostTerms[0])
            new ReadOnlySpan<float>((void*)hostTerms[0], length).CopyTo(new Span<float>((void*)whole, length));
        if (gather == null)
            device.Stream.Write<float>(copies[^1].AsSpan(start, length), own[^1].Slice(start, length).View);
    }

    int Length(int rank) => slices[rank + 1] - slices[rank];

    nint At(int sum, int rank) => addresses[sum] + slices[rank] * sizeof(float);

    static IEnumerable<(int Left, int Right)> Additions(TreeNode[][] nodes, SummationTree tree)
    {
        var merged = new List<TreeNode>();
        var places = new Stack<int>();
        int next = 0;
        foreach (TreeNode node in nodes.SelectMany(rank => rank))
        {
            int place = next++;
            for (int merges = tree.Push(merged, node); merges > 0; merges--)
            {
                yield return (places.Peek(), place);
                place = places.Pop();
            }

            places.Push(place);
        }
    }
}
