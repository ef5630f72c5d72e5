using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Cli;

/// <summary>Where the time of a training step goes: rows that add up to the step.</summary>
/// <param name="What">What was profiled.</param>
/// <param name="Device">The device's label.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Steps">How many steps the means are of.</param>
/// <param name="StepMilliseconds">A step, by the clock.</param>
/// <param name="AllocatedBytes">Managed memory that the host allocates in a step.</param>
/// <param name="DeviceBytes">Device memory at the end.</param>
/// <param name="Rows">The parts.</param>
sealed record Profile(string What, string Device, int Threads, int Steps, double StepMilliseconds, long AllocatedBytes, long DeviceBytes,
    IReadOnlyList<ProfileRow> Rows)
{
    const double MillisecondsPerSecond = 1e3;

    /// <summary>Profiles some steps.</summary>
    /// <param name="device">Where they run.</param>
    /// <param name="roofline">What the device can do at most.</param>
    /// <param name="what">What they are, for the reader.</param>
    /// <param name="warmup">Steps before, which compile kernels and find their memory.</param>
    /// <param name="steps">Steps that count.</param>
    /// <param name="step">Runs the step of a number; names its parts.</param>
    /// <returns>The profile, and all that it was made of.</returns>
    public static (Profile Profile, StepProfiler Events) Measure(Device device, Roofline roofline, string what, int warmup, int steps,
        Action<StepProfiler, int> step)
    {
        var events = new StepProfiler();
        device.Profiler = events;
        try
        {
            for (int i = 0; i < warmup; i++)
                step(events, i);
            events.Clear();
            long allocated = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            for (int i = 0; i < steps; i++)
                step(events, warmup + i);
            long end = Stopwatch.GetTimestamp();
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            return (Of(events, roofline, what, device.Label, device.Threads, steps, end - start, allocated / steps, device.AllocatedBytes),
                events);
        }
        finally
        {
            device.Profiler = null;
        }
    }

    /// <summary>Sums events up.</summary>
    internal static Profile Of(StepProfiler events, Roofline roofline, string what, string device, int threads, int steps, long ticks,
        long allocatedBytes, long deviceBytes)
    {
        double perStep = MillisecondsPerSecond / Stopwatch.Frequency / steps;
        StreamRecord[] launches = [.. events.Records.Where(r => r.Kind == StreamWork.Launch)];
        List<ProfileRow> rows =
        [
            .. launches.GroupBy(r => r.Kernel!).Select(g => new ProfileRow(
                "kernel", g.Key, (double)g.Count() / steps, g.Sum(r => r.End - r.Began) * perStep, g.Sum(r => r.Flops) / steps,
                g.Sum(r => (double)r.Bytes) / steps,
                g.Sum(r => roofline.LeastMilliseconds(r.Flops, r.Bytes, r.Bytes)) / steps)),
            .. events.Records.Where(r => r.Kind != StreamWork.Launch).GroupBy(r => r.Kind).Select(g => new ProfileRow(
                "transfer", TransferName(g.Key), (double)g.Count() / steps, g.Sum(r => r.End - r.Start) * perStep, 0,
                g.Sum(r => (double)r.Bytes) / steps, 0)),
        ];
        if (launches.Length > 0)
        {
            rows.Add(new ProfileRow("dispatch", "preparing launches", (double)launches.Length / steps,
                launches.Sum(r => r.Began - r.Start) * perStep, 0, 0, 0));
        }

        // The host's own time is what is left of each part of a step, and of the step outside of its parts.
        var own = events.Spans.Select(s => (s.Name, Ticks: s.End - s.Start)).ToList();
        long inside = 0;
        int at = 0;
        foreach (StreamRecord record in events.Records)
        {
            while (at < events.Spans.Count && events.Spans[at].End < record.End)
                at++;
            long taken = record.End - record.Start;
            inside += taken;
            if (at < events.Spans.Count && events.Spans[at].Start <= record.Start)
            {
                own[at] = (own[at].Name, own[at].Ticks - taken);
                inside -= taken;
            }
        }

        rows.AddRange(own.GroupBy(s => s.Name).Select(g =>
            new ProfileRow("host", g.Key, (double)g.Count() / steps, g.Sum(s => s.Ticks) * perStep, 0, 0, 0)));
        rows.Add(new ProfileRow("host", "between the parts", 1, (ticks - inside - events.Spans.Sum(s => s.End - s.Start)) * perStep, 0, 0,
            0));
        return new Profile(what, device, threads, steps, ticks * perStep, allocatedBytes, deviceBytes,
            [.. rows.OrderByDescending(r => r.Milliseconds)]);
    }

    /// <summary>The share of the step that rows of a kind take.</summary>
    public double ShareOf(string kind) => Rows.Where(r => r.Kind == kind).Sum(r => r.Milliseconds) / StepMilliseconds;

    /// <summary>The kinds in the order in which they are told.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["kernel", "dispatch", "transfer", "host"];

    public JsonObject ToJson() => new()
    {
        ["what"] = What,
        ["device"] = Device,
        ["threads"] = Threads,
        ["steps"] = Steps,
        ["stepMs"] = StepMilliseconds,
        ["allocatedBytes"] = AllocatedBytes,
        ["deviceBytes"] = DeviceBytes,
        ["shares"] = new JsonObject(Kinds.Select(kind => KeyValuePair.Create(kind, (JsonNode?)ShareOf(kind)))),
        ["rows"] = new JsonArray([.. Rows.Select(row => row.ToJson(StepMilliseconds))]),
    };

    /// <summary>Reads a saved profile.</summary>
    /// <exception cref="UserInputException">The file cannot be read, or is no profile.</exception>
    public static Profile Load(string path)
    {
        try
        {
            JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
            return new Profile((string)json["what"]!, (string)json["device"]!, (int)json["threads"]!, (int)json["steps"]!,
                (double)json["stepMs"]!, (long)json["allocatedBytes"]!,
                (long)json["deviceBytes"]!, [.. json["rows"]!.AsArray().Select(row => ProfileRow.FromJson(row!))]);
        }
        catch (IOException fault)
        {
            throw new UserInputException($"{path} cannot be read: {fault.Message}");
        }
        catch (Exception fault) when (fault is System.Text.Json.JsonException or NullReferenceException or InvalidOperationException
        or ArgumentNullException)
        {
            throw new UserInputException($"{path} is no profile; save one with: {ShellCommand.Of("dalle2", "profile", "--out", path)}");
        }
    }

    static string TransferName(StreamWork kind) => kind switch
    {
        StreamWork.Write => "host to device",
        StreamWork.Read => "device to host",
        StreamWork.Copy => "within the device",
        _ => "setting to zero",
    };
}
