using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Dalle2.Gpu.Runtime;
using Tensor = Dalle2.Tensors.Tensor;

namespace Dalle2.Training.Ranks;

/// <summary>
/// The exchange of one bucket of gradients: each rank sends of each of its sums every other rank's slice, merges the sums of its own slice in the order of the
/// <see cref="SummationTree"/>, and sends the result to all others. On a device with memory of its own, by way of the host's.
/// </summary>
sealed unsafe class GradientExchange
{
    readonly Device device;
    readonly Communicator ranks;
    readonly Tensor[] own;
    readonly int[] slices;

    // Neighbors first, so that not all send to the same rank at once.
    readonly int[] others;
    readonly int tag;

    // Where the values of own sums are for messages, the gradients themselves last; and their memory, where it is not the device's.
    readonly nint[] addresses;
    readonly float[][] copies;

    // Of the own slice the sums of all ranks, in order: where they are, and how they become the first.
    readonly nint[] terms;
    readonly (int Left, int Right)[] additions;
    readonly float[] received;
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
        slices = [.. Enumerable.Range(0, ranks.Size + 1).Select(rank => bucket.Slice(rank, ranks.Size))];
        copies = device.SharesHostMemory ? [] : [.. own.Select(_ => GC.AllocateUninitializedArray<float>(bucket.Length, pinned: true))];
        addresses = device.SharesHostMemory ? [.. own.Select(sum => device.HostAddress(sum.View))]
            : [.. copies.Select(copy => (nint)Unsafe.AsPointer(ref copy[0]))];

        others = [.. Enumerable.Range(1, ranks.Size - 1).Select(turn => (ranks.Rank + turn) % ranks.Size)];
        int theirs = nodes.Where((_, rank) => rank != ranks.Rank).Sum(sums => sums.Length), length = Length(ranks.Rank);
        received = GC.AllocateUninitializedArray<float>(Math.Max(1, theirs * length), pinned: true);
        nint next = (nint)Unsafe.AsPointer(ref received[0]);
        var expected = new List<(int, nint)>();
        var terms = new List<nint>();
        for (int rank = 0; rank < ranks.Size; rank++)
        {
            for (int i = 0; i < nodes[rank].Length; i++)
            {
                if (rank == ranks.Rank)
                {
                    terms.Add(At(i, rank));
                }
                else
                {
                    terms.Add(next);
                    expected.Add((rank, next));
                    next += length * sizeof(float);
                }
            }
        }

        (this.terms, this.expected) = ([.. terms], [.. expected]);
        additions = [.. Additions(nodes, tree)];
        messages = new PendingMessage[theirs + (ranks.Size - 1) * own.Length];
        if (isGathered)
            gather = new SliceGather(device, ranks, bucket, own[^1], tag + 1, device.SharesHostMemory ? null : copies[^1]);
    }

    /// <summary>Sends what the other ranks need of the own sums.</summary>
    public void Begin()
    {
        for (int i = 0; i < copies.Length; i++)
            device.Stream.Read<float>(own[i].View, copies[i]);
        (pending, done) = (0, 0);
        foreach (var (from, address) in expected)
            Receive(address, from, tag, ranks.Rank);
        foreach (int to in others)
        {
            for (int i = 0; i < own.Length; i++)
                Send(At(i, to), to, tag, to);
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
        int length = Length(ranks.Rank);
        foreach (var (left, right) in additions)
        {
            var sum = new Span<float>((void*)terms[left], length);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>((void*)terms[right], length), sum);
        }

        nint whole = At(own.Length - 1, ranks.Rank);
        if (whole != terms[0])
            new ReadOnlySpan<float>((void*)terms[0], length).CopyTo(new Span<float>((void*)whole, length));
        gather?.Begin(isCopied: true);
        if (gather == null && copies.Length > 0 && length > 0)
        {
            int start = slices[ranks.Rank];
            device.Stream.Write<float>(copies[^1].AsSpan(start, length), own[^1].Slice(start, length).View);
        }
    }

    /// <summary>Waits until the sums of all slices, if all ranks get them, are in the gradients.</summary>
    public void Finish() => gather?.Finish();

    int Length(int rank) => slices[rank + 1] - slices[rank];

    nint At(int sum, int rank) => addresses[sum] + slices[rank] * sizeof(float);

    void Send(nint address, int to, int tag, int slice)
    {
        if (Length(slice) > 0)
            messages[pending++] = ranks.Send(address, Length(slice) * sizeof(float), to, tag);
    }

    void Receive(nint address, int from, int tag, int slice)
    {
        if (Length(slice) > 0)
            messages[pending++] = ranks.Receive(address, Length(slice) * sizeof(float), from, tag);
    }

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
