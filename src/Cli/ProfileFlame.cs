using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Cli;

/// <summary>A profile as the tree of a flame graph: the step, its parts on the host, and in each part what the device did. <c>{name, ms, children}</c>, means of a step.</summary>
static class ProfileFlame
{
    /// <summary>The tree.</summary>
    public static JsonObject Of(StepProfiler events, Profile profile)
    {
        double perStep = 1e3 / Stopwatch.Frequency / profile.Steps;
        var parts = new Dictionary<string, (double Milliseconds, Dictionary<string, double> Inside)>(StringComparer.Ordinal);
        int at = 0;
        foreach (HostSpan span in events.Spans)
        {
            if (!parts.TryGetValue(span.Name, out var part))
                part = (0, new(StringComparer.Ordinal));
            // Both are in order of time, and parts do not overlap.
            for (; at < events.Records.Count && events.Records[at].End <= span.End; at++)
            {
                StreamRecord record = events.Records[at];
                if (record.Start < span.Start)
                    continue;
                string name = record.Kernel ?? record.Kind.ToString().ToLowerInvariant();
                part.Inside[name] = part.Inside.GetValueOrDefault(name) + (record.End - record.Start) * perStep;
            }

            parts[span.Name] = (part.Milliseconds + (span.End - span.Start) * perStep, part.Inside);
        }

        return Node("step", profile.StepMilliseconds, parts.OrderByDescending(part => part.Value.Milliseconds).Select(part => Node(
            part.Key, part.Value.Milliseconds,
            part.Value.Inside.OrderByDescending(one => one.Value).Select(one => Node(one.Key, one.Value, [])))));
    }

    static JsonObject Node(string name, double milliseconds, IEnumerable<JsonObject> children) => new()
    {
        ["name"] = name,
        ["ms"] = Math.Round(milliseconds, 4),
        ["children"] = new JsonArray([.. children]),
    };
}
