using System.Globalization;
using Dalle2.Training.Loop;

namespace Dalle2.Cli;

/// <summary>Shows a training, and keeps what each stage came to.</summary>
abstract class ProgressDisplay : ITrainingObserver
{
    readonly List<(string Stage, TimeSpan Time, string Figures)> done = [];

    /// <summary>The stages that were trained.</summary>
    public IReadOnlyList<(string Stage, TimeSpan Time, string Figures)> Done => done;

    public abstract void Notice(string sentence);

    public abstract void Preparing(int done, int total);

    public abstract void Working(string what, int done, int total);

    public abstract void Progress(TrainingProgress progress);

    public virtual void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures) =>
        done.Add((stage, time, Show(figures)));

    /// <summary>Figures as <c>loss 12.34  accuracy 0.913</c>.</summary>
    protected static string Show(IEnumerable<KeyValuePair<string, double>> figures) =>
        string.Join("  ", figures.Select(figure => $"{figure.Key} {figure.Value.ToString("G4", CultureInfo.InvariantCulture)}"));

    /// <summary>A time as <c>1:05</c> or <c>1:02:05</c>.</summary>
    public static string Show(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time.Minutes}:{time:ss}";
}
