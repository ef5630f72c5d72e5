using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Observers;

/// <summary>Tells several observers, in their order.</summary>
/// <param name="observers">Who hears.</param>
public sealed class ObserverList(params IReadOnlyList<ITrainingObserver> observers) : ITrainingObserver
{
    readonly ITrainingObserver[] all = [.. observers];

    /// <inheritdoc/>
    public void Notice(string sentence) => Array.ForEach(all, one => one.Notice(sentence));

    /// <inheritdoc/>
    public void Preparing(int done, int total) => Array.ForEach(all, one => one.Preparing(done, total));

    /// <inheritdoc/>
    public void Working(string what, int done, int total) => Array.ForEach(all, one => one.Working(what, done, total));

    /// <inheritdoc/>
    public void StageBegun(string stage, long step) => Array.ForEach(all, one => one.StageBegun(stage, step));

    /// <inheritdoc/>
    public void Progress(TrainingProgress progress)
    {
        // Each step comes here: no closure.
        foreach (ITrainingObserver one in all)
            one.Progress(progress);
    }

    /// <inheritdoc/>
    public void Logged(LogEntry entry, double picturesPerSecond) => Array.ForEach(all, one => one.Logged(entry, picturesPerSecond));

    /// <inheritdoc/>
    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures) =>
        Array.ForEach(all, one => one.StageDone(stage, time, figures));

    /// <inheritdoc/>
    public void Drawn(SampleSheet sheet, long step) => Array.ForEach(all, one => one.Drawn(sheet, step));

    /// <inheritdoc/>
    public void Examined(StageHealth health, long step) => Array.ForEach(all, one => one.Examined(health, step));
}
