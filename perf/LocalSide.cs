using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Perf;

/// <summary>Our side of a comparison, in this process.</summary>
sealed class LocalSide(Device device) : ISide
{
    (TextVaeSize Size, TextVae Model)? step;

    /// <inheritdoc/>
    public JsonObject Ask(JsonObject request)
    {
        string what = (string)request["do"]!;
        return what switch
        {
            "hello" =>
            new JsonObject { ["name"] = $"Dalle2.Gpu {Application.Version}, {device.Name}", ["threads"] = device.Threads, ["note"] = "" },
            "op" => Op(request),
            "step" => Step(request),
            "memory" => Memory(),
            _ => throw new SideFailedException($"there is no request '{what}'"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => step?.Model.Dispose();

    JsonObject Op(JsonObject request)
    {
        Type type = Known.Ops([(string)request["op"]!])[0];
        OpTiming timing = OpTiming.Measure(type, [.. request["shape"]!.AsArray().Select(n => (int)n!)], device,
            (double)request["seconds"]!);
        return new JsonObject
        {
            ["forward"] = Numbers(timing.Forward.Samples),
            ["backward"] = timing.Backward == null ? null : Numbers(timing.Backward.Samples)
        };
    }

    JsonObject Step(JsonObject request)
    {
        var size = new TextVaeSize((int)request["batch"]!, (int)request["side"]!, (int)request["words"]!);
        if (step?.Size != size)
        {
            step?.Model.Dispose();
            step = (size, new TextVae(device, size));
            step.Value.Model.Step();
            step.Value.Model.Step();
        }

        var times = new List<double>();
        float loss = 0;
        for (int i = 0; i < (int)request["steps"]!; i++)
        {
            long start = Stopwatch.GetTimestamp();
            loss = step.Value.Model.Step();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new JsonObject { ["ms"] = Numbers(times), ["loss"] = loss };
    }

    static JsonObject Memory()
    {
        using Process self = Process.GetCurrentProcess();
        return new JsonObject { ["now"] = self.WorkingSet64, ["peak"] = self.PeakWorkingSet64 };
    }

    static JsonArray Numbers(IEnumerable<double> values) => [.. values.Select(value => (JsonNode)value)];
}
