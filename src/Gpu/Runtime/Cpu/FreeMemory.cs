using System.Globalization;
using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>How much physical memory a process can still have, asked of the system, so that it is known before .NET has collected anything.</summary>
static unsafe partial class FreeMemory
{
    /// <summary>The bytes; where the system does not tell, what .NET knows.</summary>
    public static long Bytes =>
        (OperatingSystem.IsWindows() ? OfWindows() : OperatingSystem.IsMacOS() ? OfMac() : OfLinux("/")) ?? OfRuntime();

    /// <summary>What the kernel can give without swapping, or less where a control group of the process allows less; null if the kernel does not say.</summary>
    /// <param name="root">The folder that <c>proc</c> and <c>sys</c> lie in.</param>
    public static long? OfLinux(string root)
    {
        string system = System.IO.Path.Combine(root, "proc", "meminfo"), groups = System.IO.Path.Combine(root, "proc", "self", "cgroup");
        if (Field(system, "MemAvailable:") is not { } kilobytes)
            return null;
        long free = kilobytes * 1024;
        foreach (string line in Lines(groups))
        {
            // Number, controllers, path; the second version has number 0 and no controllers.
            string[] parts = line.Split(':', 3);
            if (parts.Length < 3)
                continue;
            bool isSecond = parts[1].Length == 0, isFirst = parts[1].Split(',').Contains("memory");
            if (isSecond || isFirst)
            {
                free = Math.Min(free, OfGroups(System.IO.Path.Combine(root, "sys", "fs", "cgroup", isFirst ? "memory" : ""), parts[2],
                    isFirst));
            }
        }

        return Math.Max(0, free);
    }

    // The least that the group and those around it leave. Inside of a container the path may be the host's: then its files lie at the top.
    static long OfGroups(string mount, string path, bool isFirst)
    {
        long least = long.MaxValue;
        for (string group = path.Trim('/'); ; group = group[..Math.Max(0, group.LastIndexOf('/'))])
        {
            string folder = System.IO.Path.Combine(mount, group);
            long? limit = Number(System.IO.Path.Combine(folder, isFirst ? "memory.limit_in_bytes" : "memory.max"));
            long? used = Number(System.IO.Path.Combine(folder, isFirst ? "memory.usage_in_bytes" : "memory.current"));
            if (limit is { } most && used is { } now)
            {
                // Files that nobody has read for a while go when memory is asked for.
                long cached = Field(System.IO.Path.Combine(folder, "memory.stat"), isFirst ? "total_inactive_file" : "inactive_file") ?? 0;
                least = Math.Min(least, most - Math.Max(0, now - cached));
            }

            if (group.Length == 0)
                return least;
        }
    }

    // "max" is no number.
    static long? Number(string file) =>
        Lines(file) is [var line, ..] && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number : null;

    static long? Field(string file, string name)
    {
        foreach (string line in Lines(file))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, var value, ..] && first == name
                && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                return number;
            }
        }

        return null;
    }

    static string[] Lines(string file)
    {
        try
        {
            return System.IO.File.ReadAllLines(file);
        }
        catch (Exception e) when (e is System.IO.IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    static long? OfWindows()
    {
        var status = new MemoryStatus { Size = (uint)sizeof(MemoryStatus) };
        return GlobalMemoryStatusEx(ref status) != 0 ? (long)status.AvailablePhysical : null;
    }

    // Free pages, and those that can be had without writing.
    static long? OfMac()
    {
        const int Flavor = 4, Free = 0, Inactive = 2, Purgeable = 22;
        uint host = MachHost();
        uint* counts = stackalloc uint[64];
        uint length = 38;
        return HostStatistics(host, Flavor, counts, ref length) == 0 && HostPageSize(host, out nuint page) == 0
            ? ((long)counts[Free] + counts[Inactive] + counts[Purgeable]) * (long)page
            : null;
    }

    static long OfRuntime()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
    }

    [LibraryImport("kernel32")]
    private static partial int GlobalMemoryStatusEx(ref MemoryStatus status);

    [LibraryImport("libSystem.dylib", EntryPoint = "mach_host_self")]
    private static partial uint MachHost();

    [LibraryImport("libSystem.dylib", EntryPoint = "host_statistics64")]
    private static partial int HostStatistics(uint host, int flavor, uint* counts, ref uint length);

    [LibraryImport("libSystem.dylib", EntryPoint = "host_page_size")]
    private static partial int HostPageSize(uint host, out nuint bytes);

    struct MemoryStatus
    {
        public uint Size;
        public uint Load;
        public ulong TotalPhysical;
        public ulong AvailablePhysical;
        public ulong TotalPaged;
        public ulong AvailablePaged;
        public ulong TotalVirtual;
        public ulong AvailableVirtual;
        public ulong AvailableExtended;
    }
}
