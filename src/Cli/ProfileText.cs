using System.Globalization;

namespace Dalle2.Cli;

/// <summary>A profile, and the difference of two, for a person.</summary>
static class ProfileText
{
    public static void Show(Profile profile, TerminalText text)
    {
        text.Line($"{profile.What} on {profile.Device}, {profile.Threads} thread{(profile.Threads == 1 ? "" : "s")}: "
            + $"{Number(profile.StepMilliseconds, "F2")} ms a step, mean of {profile.Steps}; "
            + $"{string.Join(", ", Profile.Kinds.Select(kind => $"{kind} {Percent(profile.ShareOf(kind))}"))}. The host allocates "
            + $"{profile.AllocatedBytes / 1024} KB a step, the device holds {profile.DeviceBytes >> 20} MB.");
        text.Table(["kind", "what", ">calls", ">ms", ">GFLOP/s", ">GB/s", ">of the roof", ">of the step"],
            profile.Rows.Select(row => (string[])
        [
            row.Kind, row.Name, Number(row.Calls, "0.#"), Number(row.Milliseconds, "F3"), row.Flops > 0 ? Number(row.Gflops, "F1") : "",
            row.Bytes > 0 ? Number(row.GigabytesPerSecond, "F1") : "",
            row.LeastMilliseconds > 0 ? Percent(row.RoofShare) : "", Percent(row.Milliseconds / profile.StepMilliseconds),
        ]));
    }

    public static void ShowDifference(Profile before, Profile after, TerminalText text)
    {
        text.Line($"A: {before.What} on {before.Device}, {before.Threads} threads, {Number(before.StepMilliseconds, "F2")} ms a step. B: "
            + $"{after.What} on {after.Device}, {after.Threads} threads, "
            + $"{Number(after.StepMilliseconds, "F2")} ms a step: "
            + $"{Number(before.StepMilliseconds / after.StepMilliseconds, "F2")} times as fast.");
        text.Table(["kind", "what", ">A ms", ">B ms", ">B - A", ">A / B"], Differences(before, after).Select(row => (string[])
        [
            row.Kind, row.Name, row.Before is { } a ? Number(a, "F3") : "", row.After is { } b ? Number(b, "F3") : "",
            Number((row.After ?? 0) - (row.Before ?? 0), "+0.000;-0.000;0.000"),
            row.Before / row.After is { } ratio ? Number(ratio, "F2") : "",
        ]));
    }

    /// <summary>The parts of two profiles side by side, those that differ most first; null where a part is missing.</summary>
    public static IReadOnlyList<(string Kind, string Name, double? Before, double? After)> Differences(Profile before, Profile after) =>
    [
        .. before.Rows.Concat(after.Rows).Select(row => (row.Kind, row.Name)).Distinct()
            .Select(key => (key.Kind, key.Name, Time(before, key), Time(after, key)))
            .OrderByDescending(row => Math.Abs((row.Item4 ?? 0) - (row.Item3 ?? 0))),
    ];

    static double? Time(Profile profile, (string Kind, string Name) key) =>
        profile.Rows.FirstOrDefault(row => (row.Kind, row.Name) == key)?.Milliseconds;

    static string Percent(double share) => Number(100 * share, "F1") + " %";

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
