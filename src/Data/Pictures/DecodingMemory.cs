namespace Dalle2.Data.Pictures;

/// <summary>
/// The memory that pictures hold while they are decoded, all loader threads together. A file of a few kilobytes may be a picture of
/// hundreds of megabytes, and each thread may have one: a thread waits until its picture fits beside the others; one that never would is
/// decoded alone.
/// </summary>
sealed class DecodingMemory : IDisposable
{
    // The decoder's picture, ours, the one turned upright and the opaque one.
    const long BytesPerPixel = 16;

    // Others need memory too: prepared pictures, the model.
    const int Share = 4;

    static readonly object Gate = new();
    static long allHeld;

    readonly long limit;
    long held;

    public DecodingMemory()
        : this(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / Share)
    {
    }

    /// <summary>For tests: another limit in bytes for all that is held.</summary>
    internal DecodingMemory(long limit) => this.limit = limit;

    /// <summary>Bytes that are held now, by all threads.</summary>
    internal static long AllHeld => Interlocked.Read(ref allHeld);

    /// <summary>Waits until a picture of so many pixels fits, and holds its memory until this is disposed.</summary>
    public void Take(long pixels)
    {
        long bytes = BytesPerPixel * pixels;
        lock (Gate)
        {
            // What this thread holds already cannot be waited for.
            while (allHeld > held && allHeld + bytes > limit)
                Monitor.Wait(Gate);
            held += bytes;
            allHeld += bytes;
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            allHeld -= held;
            held = 0;
            Monitor.PulseAll(Gate);
        }
    }
}
