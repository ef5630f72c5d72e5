using System.Diagnostics.Metrics;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Observers;

/// <summary>
/// A training as metrics of <see cref="System.Diagnostics.Metrics"/>, for whoever collects them (OpenTelemetry, <c>dotnet-counters</c>). All have the
/// tag <c>stage</c>.
/// <list type="table">
/// <item><c>dalle2.training.steps</c> counter, {step}: steps done by this process.</item>
/// <item><c>dalle2.training.loss</c> gauge: the last step's loss.</item>
/// <item><c>dalle2.training.progress</c> gauge, 1: the share of the stage's steps that is done.</item>
/// <item><c>dalle2.training.throughput</c> gauge, {picture}/s: pictures a second since the stage began or was resumed.</item>
/// <item><c>dalle2.training.figure</c> gauge, tag <c>figure</c>: what <c>log.jsonl</c> has, as often: gradientNorm, learningRate, the parts of the loss.</item>
/// <item><c>dalle2.training.health</c> gauge, tag <c>figure</c>: how the stage does on samples held out of training.</item>
/// </list>
/// </summary>
public sealed class TrainingMetrics : ITrainingObserver, IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Dalle2.Training";

    readonly Meter meter = new(MeterName);
    readonly Counter<long> steps;
    readonly Gauge<double> loss;
    readonly Gauge<double> done;
    readonly Gauge<double> throughput;
    readonly Gauge<double> figure;
    readonly Gauge<double> health;
    KeyValuePair<string, object?> stage = new("stage", "");

    /// <summary>Makes the meter.</summary>
    public TrainingMetrics()
    {
        steps = meter.CreateCounter<long>("dalle2.training.steps", "{step}", "Steps done by this process.");
        loss = meter.CreateGauge<double>("dalle2.training.loss", null, "The last step's loss.");
        done = meter.CreateGauge<double>("dalle2.training.progress", "1", "The share of the stage's steps that is done.");
        throughput = meter.CreateGauge<double>(
            "dalle2.training.throughput", "{picture}/s", "Pictures a second since the stage began or was resumed.");
        figure = meter.CreateGauge<double>("dalle2.training.figure", null, "What the run's log has.");
        health = meter.CreateGauge<double>("dalle2.training.health", null, "How the stage does on samples held out of training.");
    }

    /// <inheritdoc/>
    public void Notice(string sentence)
    {
    }

    /// <inheritdoc/>
    public void Preparing(int done, int total)
    {
    }

    /// <inheritdoc/>
    public void StageBegun(string stage, long step) => this.stage = new("stage", stage);

    /// <inheritdoc/>
    public void Progress(TrainingProgress progress)
    {
        steps.Add(1, stage);
        loss.Record(progress.Figures[0].Value, stage);
        done.Record((double)progress.Step / progress.Steps, stage);
        throughput.Record(progress.ImagesPerSecond, stage);
    }

    /// <inheritdoc/>
    public void Logged(LogEntry entry, double picturesPerSecond) => Record(figure, entry.Values);

    /// <inheritdoc/>
    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
    }

    /// <inheritdoc/>
    public void Examined(StageHealth health, long step) => Record(this.health, health.Figures);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    void Record(Gauge<double> gauge, IEnumerable<KeyValuePair<string, double>> values)
    {
        foreach ((string name, double value) in values)
            gauge.Record(value, stage, new("figure", name));
    }
}
