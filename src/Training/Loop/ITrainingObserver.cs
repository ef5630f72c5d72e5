using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Loop;

/// <summary>Hears what a training does; the command line shows it.</summary>
public interface ITrainingObserver
{
    /// <summary>A sentence for the person who watches: what was found, skipped, written.</summary>
    void Notice(string sentence);

    /// <summary>Samples are being read.</summary>
    void Preparing(int done, int total);

    /// <summary>Other work that takes its time goes on; told once before it begins. Shown by nobody by default.</summary>
    /// <param name="what">What, in a few words.</param>
    /// <param name="done">How much of it is done.</param>
    /// <param name="total">How much there is.</param>
    void Working(string what, int done, int total)
    {
    }

    /// <summary>A stage begins, or goes on. Nobody needs to hear it; so with all that follows and has a body here.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="step">Steps that were done before.</param>
    void StageBegun(string stage, long step)
    {
    }

    /// <summary>A step is done.</summary>
    void Progress(TrainingProgress progress);

    /// <summary>The run's log has got a line.</summary>
    /// <param name="entry">The line.</param>
    /// <param name="picturesPerSecond">Pictures a second since the stage started or resumed, which no log has that is the same in each run.</param>
    void Logged(LogEntry entry, double picturesPerSecond)
    {
    }

    /// <summary>A stage is done.</summary>
    void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures);

    /// <summary>What the stage that is done has learnt was drawn.</summary>
    /// <param name="sheet">The drawings.</param>
    /// <param name="step">Steps of the stage.</param>
    void Drawn(SampleSheet sheet, long step)
    {
    }

    /// <summary>The stage that is done was examined on samples held out of training.</summary>
    /// <param name="health">What was found.</param>
    /// <param name="step">Steps of the stage.</param>
    void Examined(StageHealth health, long step)
    {
    }
}

/// <summary>Where a training is.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Title">What it does.</param>
/// <param name="Step">Steps done in it.</param>
/// <param name="Steps">Steps that it has.</param>
/// <param name="Figures">The step's figures, the loss first; the list is filled anew by the next step.</param>
/// <param name="ImagesPerSecond">Pictures a second since the stage started or resumed.</param>
/// <param name="Left">Time left in the stage at that speed.</param>
public readonly record struct TrainingProgress(
    string Stage, string Title, long Step, int Steps, IReadOnlyList<KeyValuePair<string, double>> Figures, double ImagesPerSecond,
    TimeSpan Left);
