namespace Dalle2.Training.Loop;

/// <summary>For work that nobody watches.</summary>
public sealed class SilentObserver : ITrainingObserver
{
    /// <inheritdoc/>
    public void Notice(string sentence)
    {
    }

    /// <inheritdoc/>
    public void Preparing(int done, int total)
    {
    }

    /// <inheritdoc/>
    public void Progress(TrainingProgress progress)
    {
    }

    /// <inheritdoc/>
    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
    }
}
