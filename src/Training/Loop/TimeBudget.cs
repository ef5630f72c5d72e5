using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;
using MathNet.Numerics.Statistics;

namespace Dalle2.Training.Loop;

/// <summary>
/// Turns a time into steps: measures a step of each stage on the device, and multiplies the steps of all stages by one factor. What comes out is a configuration
/// like any other, so that the bits of the run depend on it alone, and not on the clock.
/// </summary>
static class TimeBudget
{
    const int Warmup = 3, FewestSteps = 5;

    // Sheets, checkpoints and the report take the rest.
    const double TrainingShare = 0.95;

    static readonly TimeSpan Measured = TimeSpan.FromSeconds(1);

    /// <summary>The configuration with as many steps as the time allows, at least one a stage that has any.</summary>
    /// <param name="config">The configuration; its steps say how the time is divided.</param>
    /// <param name="minutes">The time of all stages together.</param>
    /// <param name="device">Where the run will train.</param>
    /// <param name="data">What it will train on.</param>
    /// <param name="observer">Hears what was found.</param>
    /// <param name="cancellation">Stops measuring.</param>
    public static TrainingConfig Fit(TrainingConfig config, double minutes, Device device, TrainingData data, ITrainingObserver observer,
        CancellationToken cancellation)
    {
        ModelFamily family = ModelFamily.Get(config.Model);
        var tokenizer = new WordTokenizer(data.BuildVocabulary());
        int[][] captions = data.Encode(tokenizer, config, new SilentObserver());
        using FamilyModel model = family.Create(device, config, tokenizer.Vocabulary, config.Seed);
        (StageDescription Description, int Steps, double Seconds)[] stages =
        [
            .. model.Stages.Zip(family.Stages).Where(pair => pair.First.Steps > 0).Select(pair =>
                (pair.Second, pair.First.Steps, StepSeconds(device, config, pair.First,
                BatchSampler.Of(pair.First, config, data.Data, captions), cancellation))),
        ];
        double whole = stages.Sum(stage => stage.Steps * stage.Seconds);
        if (whole == 0)
            throw new UserInputException("--minutes: the stages have no steps to divide the time between; give them some with --set");
        double factor = minutes * 60 * TrainingShare / whole;
        TrainingConfig fitted = config;
        foreach (var (description, steps, _) in stages)
        {
            fitted = ConfigSettings.Set(fitted,
                $"{description.StepsSetting}={Math.Clamp((long)Math.Round(steps * factor), 1, int.MaxValue)}");
        }

        fitted.Validate();
        string times = string.Join(", ", stages.Select(stage => $"{stage.Description.Name} {1000 * stage.Seconds:F1} ms"));
        string chosen = string.Join(", ", stages.Select(stage =>
            $"{stage.Description.StepsSetting}="
            + $"{ConfigSettings.Of(fitted).First(setting => setting.Name == stage.Description.StepsSetting).Value}"));
        observer.Notice($"a step takes {times}; for {minutes:G3} minutes: {chosen}");
        return fitted;
    }

    static double StepSeconds(Device device, TrainingConfig config, Stage stage, BatchSampler sampler, CancellationToken cancellation)
    {
        foreach (var store in stage.Trained)
            Array.ForEach(AdamOptimizer.BufferNames, store.Clear);
        using var loop = new StepLoop(device, config, stage, sampler);
        var times = new List<double>();
        var whole = Stopwatch.StartNew();
        for (int step = 0; step < Warmup + FewestSteps || whole.Elapsed < Measured; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            loop.Step(step);
            device.Stream.Synchronize();
            if (step >= Warmup)
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return times.Median();
    }
}
