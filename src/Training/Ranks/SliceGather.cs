using System.Runtime.CompilerServices;
using Dalle2.Gpu.Runtime;
using Dalle2.Tensors;

namespace Dalle2.Training.Ranks;

/// <summary>Gives all ranks each one's slice of a bucket: from the device's memory where messages reach it, otherwise by way of the host's.</summary>
sealed unsafe class SliceGather
{
    readonly Device device;
    readonly Communicator ranks;
    readonly Tensor values;
    readonly int[] slices;
    readonly int tag;

    // Neighbors first, so that not all send to the same rank at once.
    readonly int[] others;
    readonly float[]? copy;
    readonly nint address;
    readonly PendingMessage[] messages;
    int pending;

    /// <summary>Readies a bucket.</summary>
    /// <param name="device">Where the values are.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="values">Its values, on the device.</param>
    /// <param name="tag">Sets its messages apart.</param>
    /// <param name="copy">Where they are for messages that do not reach the device, pinned; null to make it.</param>
    public SliceGather(Device device, Communicator ranks, GradientBucket bucket, Tensor values, int tag, float[]? copy = null)
    {
        (this.device, this.ranks, this.values, this.tag) = (device, ranks, values, tag);
        slices = bucket.Slices(ranks.Size);
        others = [.. Enumerable.Range(1, ranks.Size - 1).Select(turn => (ranks.Rank + turn) % ranks.Size)];
        messages = new PendingMessage[2 * others.Length];
        this.copy = ranks.Reaches(device) ? null : copy ?? GC.AllocateUninitializedArray<float>(bucket.Length, pinned: true);
        address = this.copy == null ? device.AddressOf(values.View) : (nint)Unsafe.AsPointer(ref this.copy[0]);
    }

    /// <summary>Sends the own slice to all.</summary>
    /// <param name="isCopied">Whether it is where messages are sent from already.</param>
    public void Begin(bool isCopied)
    {
        int own = slices[ranks.Rank], length = slices[ranks.Rank + 1] - own;
        if (copy == null)
            device.Stream.Synchronize();
        else if (!isCopied)
            device.Stream.Read(values.Slice(own, length).View, copy.AsSpan(own, length));
        pending = 0;
        foreach (int from in others)
        {
            if (slices[from + 1] > slices[from])
                messages[pending++] = ranks.Receive(At(from), (slices[from + 1] - slices[from]) * sizeof(float), from, tag);
        }

        for (int i = 0; i < others.Length && length > 0; i++)
            messages[pending++] = ranks.Send(At(ranks.Rank), length * sizeof(float), others[i], tag);
    }

    /// <summary>Waits until all slices are there.</summary>
    public void Finish()
    {
        ranks.Wait(messages.AsSpan(0, pending));
        if (copy != null)
            device.Stream.Write<float>(copy, values.View);
    }

    nint At(int rank) => address + slices[rank] * sizeof(float);
}
