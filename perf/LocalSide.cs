using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Perf;

/// <summary>Our side of a comparison, in this process.</summary>
sealed class LocalSide(Device device) : ISide
{
    (string Request, IStep Step)? model;

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
    public void Dispose() => model?.Step.Dispose();

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
        string which = request["model"]!.ToJsonString();
        if (model?.Request != which)
        {
            model?.Step.Dispose();
            model = (which, ComparedModel.Open(device, request["model"]!.AsObject()));
            model.Value.Step.Step();
            model.Value.Step.Step();
        }

        var times = new List<double>();
        float loss = 0;
        for (int i = 0; i < (int)request["steps"]!; i++)
        {
            long start = Stopwatch.GetTimestamp();
            loss = model.Value.Step.Step();
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
