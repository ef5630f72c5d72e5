using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Training;
using Dalle2.Training.Stages;

namespace Dalle2.Card;

/// <summary>Training steps of the last stage, everything end to end, at several sizes of pictures.</summary>
static class StepSection
{
    const int Warmup = 3, Profiled = 3, FewestSteps = 5, MostSteps = 50;

    public static JsonObject Run(double seconds)
    {
        string[] cards = Section.Cards();
        (string Device, string Size, TrainingConfig Config)[] plans =
        [
            ("cpu", "classic 32x32", Presets.Get("demo")),
            .. from card in cards
               from size in Sizes()
               select (card, size.Name, size.Config),
        ];
        var rows = new List<JsonNode?[]>();
        foreach (var (name, size, config) in plans)
            rows.Add(Measure(name, size, config with { Samples = 4 * config.Batch }, seconds / plans.Length));
        if (Section.NoCard is { } reason)
            rows.AddRange(Sizes().Select(size => (JsonNode?[])["cuda", size.Name, size.Config.Batch, $"not measured: {reason}", null, null, null]));
        return Section.Measured(Section.Table(
            "A step from the batch to the updated parameters, the median. Kernels: their own time, by the device's clock where it has one, as a share of the step.",
            ["device", "model", "batch", "ms a step", "pictures/s", "kernels %", "MiB"], rows));
    }

    static JsonNode?[] Measure(string name, string size, TrainingConfig config, double seconds)
    {
        using Device device = Device.Open(name);
        using var training = new ProfiledTraining(device, config, StageNames.FineTune);
        var ignored = new StepProfiler();
        int number = 0;
        for (int step = 0; step < Warmup; step++)
            training.Step(ignored, number++);
        device.Stream.Synchronize();
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < FewestSteps || (times.Count < MostSteps && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds / 3))
        {
            long begin = Stopwatch.GetTimestamp();
            training.Step(ignored, number++);
            device.Stream.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        var profiler = new StepProfiler();
        device.Profiler = profiler;
        for (int step = 0; step < Profiled; step++)
            training.Step(profiler, number++);
        double kernels = profiler.Records.Where(record => record.Kind == StreamWork.Launch).Sum(record => Stopwatch.GetElapsedTime(record.Began, record.End).TotalMilliseconds) / Profiled;
        double median = PassTiming.Median(times);
        return [name, size, config.Batch, Math.Round(median, 3), Math.Round(1000 * config.Batch / median), Math.Round(100 * kernels / median), Math.Round(device.AllocatedBytes / 1048576.0, 1)];
    }

    static IEnumerable<(string Name, TrainingConfig Config)> Sizes()
    {
        TrainingConfig large = Presets.Get("emoji") with { Data = "shapes" };
        yield return ("classic 32x32", Presets.Get("demo"));
        yield return ("large 64x64", large);
        yield return ("large 128x128", large with { ImageSide = 128, EncoderChannels = [32, 64, 128, 128, 128], DecoderChannels = [256, 256, 128, 64, 32] });
    }
}
