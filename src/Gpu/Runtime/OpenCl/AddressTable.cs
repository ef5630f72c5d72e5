namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>
/// Buffer objects of OpenCL have no addresses, views do: each object gets a range of made-up addresses, which nobody ever reads or writes.
/// Finalizers free memory from a thread of their own, so every use takes the lock.
/// </summary>
sealed class AddressTable
{
    // Far above what a process is given, so that a made-up address never passes for a real one.
    const long First = 0x0100_0000_0000_0000;
    const long Alignment = 64;

    readonly Lock gate = new();

    // Sorted by address; new ranges come last, since addresses are never used again.
    readonly SortedList<long, (long Bytes, nint Memory)> ranges = [];
    long next = First;

    /// <summary>The address that an object's first byte gets, a multiple of 64.</summary>
    public nint Add(nint memory, long bytes)
    {
        lock (gate)
        {
            long start = next;
            // A gap, so that an address just past a buffer belongs to no other.
            next += (bytes + Alignment - 1) / Alignment * Alignment + Alignment;
            ranges.Add(start, (bytes, memory));
            return (nint)start;
        }
    }

    /// <summary>Forgets the object that begins at an address, and gives it; 0 if there is none, since a disposed device has none left.</summary>
    public nint Remove(nint address)
    {
        lock (gate)
            return ranges.Remove(address, out var range) ? range.Memory : 0;
    }

    /// <summary>Forgets everything, and gives the objects.</summary>
    public nint[] Clear()
    {
        lock (gate)
        {
            nint[] all = [.. ranges.Values.Select(range => range.Memory)];
            ranges.Clear();
            return all;
        }
    }

    /// <summary>The object and the byte offset in it that an address means. The address just past the end, of an empty view, belongs to the object before it.</summary>
    /// <exception cref="InvalidOperationException">No buffer is there: it was freed, or belongs to another device.</exception>
    public (nint Memory, long Offset) Resolve(nint address)
    {
        lock (gate)
        {
            int low = 0, high = ranges.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (ranges.Keys[middle] <= address)
                    low = middle + 1;
                else
                    high = middle;
            }

            if (low > 0 && address - ranges.Keys[low - 1] is var offset && offset <= ranges.Values[low - 1].Bytes)
                return (ranges.Values[low - 1].Memory, offset);
        }

        throw new InvalidOperationException("a view's memory was freed, or belongs to another device");
    }
}
