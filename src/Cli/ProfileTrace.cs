using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Cli;

/// <summary>Chrome's trace format, which Perfetto (ui.perfetto.dev) and chrome://tracing open: a lane of the host, with the parts of steps and dispatch, and one of the device.</summary>
static class ProfileTrace
{
    const int HostLane = 1;
    const int DeviceLane = 2;

    /// <summary>Writes the file.</summary>
    public static void Save(string path, StepProfiler events, string device)
    {
        long first = events.Spans.Select(s => s.Start).Concat(events.Records.Select(r => r.Start)).DefaultIfEmpty().Min();
        var lines = new List<string> { Lane(HostLane, "host"), Lane(DeviceLane, device) };
        lines.AddRange(events.Spans.Select(s => Slice(s.Name, "host", HostLane, s.Start - first, s.End - s.Start, "")));
        foreach (StreamRecord r in events.Records)
        {
            if (r.Began > r.Start)
                lines.Add(Slice("dispatch", "dispatch", HostLane, r.Start - first, r.Began - r.Start, ""));
            string arguments = r.Kind == StreamWork.Launch
                ? string.Create(CultureInfo.InvariantCulture, $"\"grid\":\"{r.Grid.X}x{r.Grid.Y}x{r.Grid.Z}\",\"group\":\"{r.Group.X}x"
                + $"{r.Group.Y}x{r.Group.Z}\",\"bytes\":{r.Bytes},\"flops\":{r.Flops}")
                : string.Create(CultureInfo.InvariantCulture, $"\"bytes\":{r.Bytes}");
            lines.Add(Slice(r.Kernel ?? r.Kind.ToString(), r.Kind == StreamWork.Launch ? "kernel" : "transfer", DeviceLane, r.Began - first,
                r.End - r.Began, arguments));
        }

        var text = new StringBuilder("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n").AppendJoin(",\n", lines).Append("\n]}\n");
        File.WriteAllText(path, text.ToString());
    }

    static string Lane(int lane, string name) =>
        $"{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":{lane},\"args\":{{\"name\":{JsonSerializer.Serialize(name)}}}}}";

    static string Slice(string name, string category, int lane, long start, long ticks, string arguments) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"name\":{JsonSerializer.Serialize(name)},\"cat\":\"{category}\",\"ph\":\"X\",\"pid\":1,\"tid\":{lane},\"ts\":"
        + $"{Microseconds(start)},\"dur\":{Microseconds(ticks)},\"args\":{{{arguments}}}}}");

    static string Microseconds(long ticks) => (ticks * 1e6 / Stopwatch.Frequency).ToString("F3", CultureInfo.InvariantCulture);
}
