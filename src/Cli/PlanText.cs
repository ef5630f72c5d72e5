using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime.Planning;

namespace Dalle2.Cli;

/// <summary>What is planned for a card that is not here, for a person and for programs. All times are predictions.</summary>
static class PlanText
{
    /// <summary>What the columns of a launch mean.</summary>
    public const string Meaning = "Registers are an estimate from the text (live at once, and an allowance), which the driver's compiler "
        + "may undercut or exceed. Held: groups that a multiprocessor holds at once, and what allows no more. Warps: of a scheduler, on "
        + "average. Waves: groups by those that the card holds at once. A reason stands where a scheduler has fewer than 4 warps, or some "
        + "multiprocessor no group.";

    /// <summary>The columns of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["kernel", ">groups", ">threads", ">registers", ">shared", ">held", "limit", ">warps", ">waves", "reason"];

    /// <summary>A launch without its times.</summary>
    public static string[] Cells(LaunchPlan launch) =>
    [
        launch.Kernel, Number(launch.Groups, "F0"), Number(launch.Threads, "F0"),
        Number(launch.Resources.Registers, "F0") + (launch.Resources.Spills ? "+" : ""), Number(launch.Resources.SharedBytes, "F0"),
        Number(launch.Occupancy.Groups, "F0"), Word(launch.Occupancy.Limit.ToString()), Number(launch.WarpsPerScheduler, "F1"),
        Number(launch.Waves, "F2"), launch.Reason ?? "",
    ];

    /// <summary>The same for programs, with what the prediction of its time rests on.</summary>
    public static JsonObject ToJson(LaunchPlan launch) => new()
    {
        ["kernel"] = launch.Kernel,
        ["launches"] = launch.Launches,
        ["groups"] = launch.Groups,
        ["threads"] = launch.Threads,
        ["declaredRegisters"] = launch.Resources.Declared,
        ["liveRegisters"] = launch.Resources.Live,
        ["registers"] = launch.Resources.Registers,
        ["spills"] = launch.Resources.Spills,
        ["sharedBytes"] = launch.Resources.SharedBytes,
        ["held"] = launch.Occupancy.Groups,
        ["limit"] = Word(launch.Occupancy.Limit.ToString()),
        ["occupancy"] = Math.Round(launch.Occupancy.Share, 3),
        ["warpsPerScheduler"] = Math.Round(launch.WarpsPerScheduler, 2),
        ["waves"] = Math.Round(launch.Waves, 3),
        ["flops"] = launch.Flops,
        ["bytes"] = launch.Bytes,
        ["intensity"] = Math.Round(launch.Intensity, 2),
        ["predictedUs"] = Math.Round(launch.Seconds * 1e6, 2),
        ["bound"] = Word(launch.TimeLimit.ToString()),
        ["reason"] = launch.Reason,
    };

    /// <summary>A number for a person.</summary>
    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>The name of a limit as a word.</summary>
    public static string Word(string name) => name == nameof(OccupancyLimit.SharedMemory) ? "shared" : name.ToLowerInvariant();
}
