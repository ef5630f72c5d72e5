namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>Work that can be done piece by piece, in any order, by several threads at once.</summary>
abstract class ChunkedWork
{
    /// <summary>Does the pieces from <paramref name="first"/> up to <paramref name="end"/>.</summary>
    public abstract void Run(long first, long end);
}
