using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>Counts the steps that another observer hears of.</summary>
sealed class CountingObserver(ITrainingObserver inner) : ITrainingObserver
{
    public long Steps { get; private set; }

    public double Loss { get; private set; } = double.NaN;

    public void Notice(string sentence) => inner.Notice(sentence);

    public void Preparing(int done, int total) => inner.Preparing(done, total);

    public void Working(string what, int done, int total) => inner.Working(what, done, total);

    public void StageBegun(string stage, long step) => inner.StageBegun(stage, step);

    public void Logged(LogEntry entry, double picturesPerSecond) => inner.Logged(entry, picturesPerSecond);

    public void Progress(TrainingProgress progress)
    {
        Steps++;
        Loss = progress.Figures[0].Value;
        inner.Progress(progress);
    }

    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
        if (Steps > 0)
            inner.StageDone(stage, time, figures);
    }
}
