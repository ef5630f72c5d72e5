using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Runs;

namespace Dalle2.Cli.Studio;

/// <summary>Profiles steps of a training. Its result: what <c>profile --json</c> prints, and <c>flame</c>, the same as a tree.</summary>
sealed class ProfilingJob(
    TrainingConfig config, string? stage, int warmup, int steps, string device, StudioOptions options, GeneratorCache generators)
    : Job("profile", $"profiling {config.Model}, preset {config.Preset}{(stage is null ? "" : $", stage {stage}")}", null, device)
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        generators.Clear(Place);
        using Device opened = OpenDevice(options);
        var (profile, events) = ProfileVerb.Measure(opened, config, stage, warmup, steps, number =>
        {
            cancellation.ThrowIfCancellationRequested();
            Report(() => At(number < warmup ? "warming up" : "profiling", number, warmup + steps));
        });
        JsonObject json = profile.ToJson();
        json["flame"] = ProfileFlame.Of(events, profile);
        return json;
    }
}
