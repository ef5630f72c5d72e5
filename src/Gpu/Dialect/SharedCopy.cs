namespace Dalle2.Gpu.Dialect;

/// <summary>
/// Copies from device memory to shared memory that the thread need not wait for. Until <see cref="Wait"/>, nobody may touch what they write or change what they read; after it the thread
/// sees them, and after a barrier behind it the group does.
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
    public static void Begin(ArrayView<float> target, int to, ArrayView<float> source, int from, bool isInside) => target[to] = isInside ? source[from] : 0f;

    /// <summary>Waits for the copies that the thread has begun.</summary>
    public static void Wait()
    {
    }
}
