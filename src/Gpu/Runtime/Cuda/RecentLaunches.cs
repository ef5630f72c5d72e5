
namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>The last launches since the host waited: a card tells of a failure only later, and does not say whose it is.</summary>
sealed class RecentLaunches
{
    const int Most = 4;

    readonly Entry[] entries = new Entry[Most];
    long count;

    public void Add(string kernel, Index3D grid, Index3D group)
    {
        entries[count % Most] = new Entry(kernel, grid, group);
        count++;
    }

    /// <summary>What was launched is done.</summary>
    public void Clear() => count = 0;

    /// <summary>The launches in words, the last one first; empty if there are none.</summary>
    public string Describe()
    {
        int kept = (int)Math.Min(count, Most);
        return kept == 0 ? "" : string.Join("; ", Enumerable.Range(1, kept).Select(back => Words(entries[(count - back) % Most])));
    }

    /// <summary>A launch in words.</summary>
    public static string Words(string kernel, Index3D grid, Index3D group) => Words(new Entry(kernel, grid, group));

    static string Words(Entry e) =>
        $"{e.Kernel} in {e.Grid.X}x{e.Grid.Y}x{e.Grid.Z} groups of {e.Group.X}x{e.Group.Y}x{e.Group.Z} threads";

    readonly record struct Entry(string Kernel, Index3D Grid, Index3D Group);
}
