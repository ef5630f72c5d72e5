using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Perf;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Runs;
using MathNet.Numerics.Statistics;

namespace Dalle2.Card;

/// <summary>Training steps of the last stage, everything end to end, at several sizes of pictures.</summary>
static class StepSection
{
    /// <summary>PyTorch's times of a step, a precision each.</summary>
    public static readonly string[] PeerColumns = OpSections.Columns[3..];

    const int Warmup = 3, Profiled = 3, FewestSteps = 5, MostSteps = 50;

    public static JsonObject Run(double seconds)
    {
        string[] cards = Section.Cards();
        (string Device, string Size, TrainingConfig Config)[] plans =
        [
            ("cpu", "classic 32x32", ModelFamily.Default.Preset("demo")),
            .. from card in cards
               from size in Sizes()
               select (card, size.Name, size.Config),
            .. Section.IlgpuCards().Select(card => (card, Sizes().First().Name, Sizes().First().Config)),
        ];
        var rows = new List<JsonNode?[]>();
        long start = Stopwatch.GetTimestamp();
        foreach (var (name, size, config) in plans)
        {
            using Device device = Device.Open(name);
            foreach (Precision precision in name == "cpu" ? [Precision.Float32] : ProductSizes.Of(device))
            {
                rows.Add(Measure(device, size, config with { Samples = 4 * config.Batch, Precision = precision },
                    seconds / 2 / plans.Length / 3));
            }
        }

        if (Section.NoCard is { } reason)
        {
            rows.AddRange(Sizes().Select(size => (JsonNode?[])["cuda", size.Name, "", size.Config.Batch, $"not measured: {reason}", null,
                null, null]));
        }

        JsonObject whole = Section.Table(
            "A step from the batch to the updated parameters, the median. Kernels: their own time, by the device's clock where it has one, "
            + "as a share of the step.",
            ["device", "model", "precision", "batch", "ms a step", "pictures/s", "kernels %", "MiB"], rows);
        return cards.Length == 0 ? Section.Measured(whole)
            : Section.Measured(whole, Replayed(cards, () => seconds * 0.9 - Stopwatch.GetElapsedTime(start).TotalSeconds));
    }

    // The step that PyTorch is measured with.
    static JsonObject Replayed(string[] cards, Func<double> left)
    {
        var rows = new List<JsonNode?[]>();
        foreach (string name in cards)
        {
            using Device device = Device.Open(name);
            foreach (int side in (int[])[64, 128])
            {
                foreach (Precision precision in ProductSizes.Of(device))
                {
                    if (left() > 0)
                        rows.Add(Replayed(device, side, precision));
                }
            }
        }

        return Section.Table(
            "A training step of the text-conditioned autoencoder, batch 64, launched kernel by kernel, and recorded once and replayed, as a "
            + "training does. Kernels: their own time as a share of the replayed step.",
            ["device", "side", "precision", "ms launched", "ms replayed", "kernels %", "MiB"], rows);
    }

    static JsonNode?[] Replayed(Device device, int side, Precision precision)
    {
        device.Precision = precision;
        using var model = new TextVae(device, new TextVaeSize(Side: side));
        double Time(bool replayed)
        {
            model.IsReplayed = replayed;
            for (int step = 0; step < Warmup; step++)
                model.Step();
            return Median(device, () => model.Step(), FewestSteps);
        }

        double launched = Time(replayed: false), replayed = Time(replayed: true);
        double megabytes = Math.Round(device.AllocatedBytes / 1048576.0, 1);
        var profiler = new StepProfiler();
        device.Profiler = profiler;
        for (int step = 0; step < Profiled; step++)
            model.Step();
        device.Profiler = null;
        return [device.Name, side, ProductSizes.Name(precision), Math.Round(launched, 3), Math.Round(replayed, 3),
            Math.Round(100 * KernelMilliseconds(profiler) / replayed), megabytes];
    }

    static double Median(Device device, Action step, int count)
    {
        var times = new List<double>();
        device.Stream.Synchronize();
        for (int i = 0; i < count; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            step();
            device.Stream.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return times.Median();
    }

    static double KernelMilliseconds(StepProfiler profiler) =>
        profiler.Records.Where(record => record.Kind == StreamWork.Launch)
        .Sum(record => Stopwatch.GetElapsedTime(record.Began, record.End).TotalMilliseconds) / Profiled;

    static JsonNode?[] Measure(Device device, string size, TrainingConfig config, double seconds)
    {
        device.Precision = config.Precision;
        using var training = new ProfiledTraining(device, config);
        int number = 0;
        for (int step = 0; step < Warmup; step++)
            training.Step(null, number++);
        device.Stream.Synchronize();
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < FewestSteps || (times.Count < MostSteps && Stopwatch.GetElapsedTime(start).TotalSeconds < seconds))
        {
            long begin = Stopwatch.GetTimestamp();
            training.Step(null, number++);
            device.Stream.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        var profiler = new StepProfiler();
        device.Profiler = profiler;
        for (int step = 0; step < Profiled; step++)
            training.Step(profiler, number++);
        device.Profiler = null;
        double kernels = KernelMilliseconds(profiler);
        double median = times.Median();
        return [device.Name, size, ProductSizes.Name(config.Precision), config.Batch, Math.Round(median, 3),
            Math.Round(1000 * config.Batch / median), Math.Round(100 * kernels / median), Math.Round(device.AllocatedBytes / 1048576.0, 1)];
    }

    /// <summary>The models, smallest first.</summary>
    public static IEnumerable<(string Name, TrainingConfig Config)> Sizes()
    {
        var large = (ClassicConfig)ModelFamily.Default.Preset("emoji") with { Data = "shapes" };
        yield return ("classic 32x32", ModelFamily.Default.Preset("demo"));
        yield return ("large 64x64", large);
        yield return ("large 128x128", large with
        {
            ImageSide = 128,
            EncoderChannels = [32, 64, 128, 128, 128],
            DecoderChannels = [256, 256, 128, 64, 32]
        });
    }
}
