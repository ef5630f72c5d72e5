using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

/// <summary>Stops a training after so many steps, of all stages together.</summary>
sealed class StoppingObserver(CancellationTokenSource stop, int after) : ITrainingObserver
{
    int steps;

    public void Notice(string sentence)
    {
    }

    public void Preparing(int done, int total)
    {
    }

    public void Progress(TrainingProgress progress)
    {
        if (++steps == after)
            stop.Cancel();
    }

    public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
    }
}
