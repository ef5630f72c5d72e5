namespace Dalle2.Gpu.Runtime;

/// <summary>Arguments, 8 bytes each, in memory that does not move until there are more than ever before.</summary>
sealed unsafe class ArgumentBlock
{
    ulong[] words = GC.AllocateUninitializedArray<ulong>(64, pinned: true);
    int count;

    /// <summary>What is in it.</summary>
    public ReadOnlySpan<ulong> Words => words.AsSpan(0, count);

    /// <summary>Where it begins.</summary>
    public ulong* First => (ulong*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(words, 0);

    /// <summary>Forgets all.</summary>
    public void Clear() => count = 0;

    /// <summary>Adds all to another.</summary>
    public void CopyTo(ArgumentBlock other) => Words.CopyTo(new Span<ulong>(other.Take(count), count));

    /// <summary>Room for so many more.</summary>
    public ulong* Take(int more)
    {
        if (count + more > words.Length)
        {
            ulong[] larger = GC.AllocateUninitializedArray<ulong>(Math.Max(2 * words.Length, count + more), pinned: true);
            Words.CopyTo(larger);
            words = larger;
        }

        ulong* target = First + count;
        count += more;
        return target;
    }
}
