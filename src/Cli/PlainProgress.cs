using System.Diagnostics;
using Dalle2.Data;
using Dalle2.Training.Loop;

namespace Dalle2.Cli;

/// <summary>Progress as lines, for logs and pipes: the first and the last step of a stage, and every 50 steps or more rarely between them.</summary>
sealed class PlainProgress(TextWriter error) : ProgressDisplay
{
    const int StepsPerLine = 50;
    const int LinesPerStage = 20;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly Stopwatch sinceLine = Stopwatch.StartNew();
    string? stage;

    public override void Notice(string sentence) => error.WriteLine(VisibleText.OfLines(sentence));

    public override void Preparing(int done, int total)
    {
        if (sinceLine.Elapsed < Patience)
            return;
        error.WriteLine($"reading pictures  {done}/{total}");
        sinceLine.Restart();
    }

    public override void Working(string what, int done, int total)
    {
        if (done > 0 && sinceLine.Elapsed < Patience)
            return;
        error.WriteLine($"{what}  {done}/{total}");
        sinceLine.Restart();
    }

    public override void Progress(TrainingProgress progress)
    {
        int every = Math.Max(1, (progress.Steps + StepsPerLine * LinesPerStage - 1) / (StepsPerLine * LinesPerStage)) * StepsPerLine;
        if (progress.Stage == stage && progress.Step % every != 0 && progress.Step != progress.Steps)
            return;
        stage = progress.Stage;
        error.WriteLine($"{progress.Stage}  {progress.Step}/{progress.Steps}  {Show(progress.Figures)}  "
            + $"{progress.ImagesPerSecond:F0} images/s  {Show(progress.Left)} left");
        sinceLine.Restart();
    }
}
