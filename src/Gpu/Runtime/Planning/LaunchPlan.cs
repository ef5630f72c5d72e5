using System.Reflection;

namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>The launches of a kernel in groups of one size and number, on a card that need not be here. Times are predictions.</summary>
/// <param name="Card">The card.</param>
/// <param name="Kernel">The kernel as <c>Type.Method</c>, with the structs that it is closed over.</param>
/// <param name="Method">The kernel itself.</param>
/// <param name="Launches">How many.</param>
/// <param name="IsGrouped">Whether the launcher cuts it into groups; else the device does.</param>
/// <param name="Groups">Groups of each launch.</param>
/// <param name="Threads">Threads of a group.</param>
/// <param name="Resources">What the kernel takes.</param>
/// <param name="Occupancy">How many groups a multiprocessor could hold.</param>
/// <param name="Flops">Operations of all launches together, where their arguments tell.</param>
/// <param name="Bytes">Bytes of all views of all launches, those of a launch once each.</param>
/// <param name="Seconds">The predicted time of all launches together.</param>
/// <param name="TimeLimit">What it follows from, of most of it.</param>
public sealed record LaunchPlan(CardLimits Card, string Kernel, MethodInfo Method, int Launches, bool IsGrouped, int Groups, int Threads,
    KernelResources Resources, Occupancy Occupancy, double Flops, long Bytes, double Seconds, TimeLimit TimeLimit)
{
    /// <summary>Warps of a scheduler that are taken to hide what each of them waits for. An assumption.</summary>
    public const int EnoughWarps = 4;

    /// <summary>Groups of a launch as a share of what all multiprocessors hold at once; above 1, some wait for others.</summary>
    public double Waves => (double)Groups / ((double)Occupancy.Groups * Card.Multiprocessors);

    /// <summary>Warps that each scheduler has to choose from, on average over the card while it is fullest.</summary>
    public double WarpsPerScheduler => Math.Min(1, Waves) * Occupancy.Warps / Card.Schedulers;

    /// <summary>Operations for each byte.</summary>
    public double Intensity => Bytes == 0 ? 0 : Flops / Bytes;

    /// <summary>Why it does not fill the card, in a few words; null if it does: with <see cref="EnoughWarps"/> for each scheduler, and groups for each multiprocessor.</summary>
    public string? Reason
    {
        get
        {
            if (WarpsPerScheduler >= EnoughWarps && Groups >= Card.Multiprocessors)
                return null;
            if (Waves < 1)
                return IsGrouped ? Groups == 1 ? "only one group" : $"only {Groups} groups" : $"only {(long)Groups * Threads} threads";
            return Occupancy.Limit switch
            {
                OccupancyLimit.Registers => $"registers: {Resources.Registers} a thread",
                OccupancyLimit.SharedMemory => $"shared memory: {Resources.SharedBytes} bytes a group",
                OccupancyLimit.Groups => $"groups of {Threads} threads",
                _ => $"the card holds {Card.Warps} warps",
            };
        }
    }
}
