namespace Dalle2.Gpu.Extensions;

/// <summary>
/// Copies from device memory to shared memory that the thread need not wait for. Until it has waited, nobody may touch what they write or change what they read; after it the thread
/// sees them, and after a barrier behind it the group does. With <see cref="Commit"/> they are waited for in groups, so that later ones stay under way.
/// </summary>
/// <remarks>NVIDIA's cards from compute capability 8.0 on have instructions for it; elsewhere, and by its meaning, each is done at once.</remarks>
public static class SharedCopy
{
    /// <summary>Begins <c>target[to] = isInside ? source[from] : 0</c>.</summary>
    /// <param name="target">Shared memory.</param>
    /// <param name="to">Where to.</param>
    /// <param name="source">Device memory.</param>
    /// <param name="from">Where from; need not lie in the source if it is not inside.</param>
    /// <param name="isInside">Whether there is anything to copy.</param>
    public static void Begin(ArrayView<float> target, int to, ArrayView<float> source, int from, bool isInside) =>
        target[to] = isInside ? source[from] : 0f;

    /// <summary>The same of four neighbors, in one piece: <paramref name="to"/> and <paramref name="from"/> are multiples of 4, and views begin at multiples of 16 bytes.</summary>
    /// <param name="target">Shared memory, as allocated or from a multiple of 4 on.</param>
    /// <param name="to">Where the first one goes.</param>
    /// <param name="source">Device memory. Where the launch's views do not all begin at multiples of 16 bytes, the four are copied one by one.</param>
    /// <param name="from">Where the first one lies; need not lie in the source if they are not inside.</param>
    /// <param name="isInside">Whether there is anything to copy: all four or none.</param>
    public static void BeginFour(ArrayView<float> target, int to, ArrayView<float> source, int from, bool isInside)
    {
        for (int i = 0; i < 4; i++)
            target[to + i] = isInside ? source[from + i] : 0f;
    }

    /// <summary>Makes a group of the copies that the thread has begun since the last one; of none, if there are none.</summary>
    public static void Commit()
    {
    }

    /// <summary>Waits for the copies that the thread has begun.</summary>
    public static void Wait()
    {
    }

    /// <summary>Waits until no more than the last <paramref name="groups"/> groups of the thread are under way.</summary>
    /// <param name="groups">A constant; where it is none, all groups are waited for.</param>
    public static void Wait(int groups)
    {
    }
}
