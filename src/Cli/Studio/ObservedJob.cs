using System.Text.Json.Nodes;
using Dalle2.Training.Loop;

namespace Dalle2.Cli.Studio;

/// <summary>A job whose work tells an observer where it is: a training, an evaluation.</summary>
abstract class ObservedJob : Job, ITrainingObserver
{
    private protected ObservedJob(string kind, string title, string? run, string device)
        : base(kind, title, run, device)
    {
    }

    void ITrainingObserver.Notice(string sentence) => Notice(sentence);

    void ITrainingObserver.Preparing(int done, int total) => Report(() => At("reading pictures", done, total));

    void ITrainingObserver.Working(string what, int done, int total) => Report(() => At(what, done, total));

    void ITrainingObserver.Progress(TrainingProgress progress) => Report(
        () =>
        {
            JsonObject json = At(progress.Stage, progress.Step, progress.Steps);
            json["title"] = progress.Title;
            json["figures"] = new JsonObject(progress.Figures.Select(
                figure => KeyValuePair.Create(figure.Key, Terminal.Number(figure.Value))));
            json["imagesPerSecond"] = Terminal.Number(Math.Round(progress.ImagesPerSecond, 1));
            json["secondsLeft"] = Terminal.Number(Math.Round(progress.Left.TotalSeconds));
            return json;
        },
        always: progress.Step == progress.Steps);

    void ITrainingObserver.StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures) =>
        Notice($"stage '{stage}' is done after {ProgressDisplay.Show(time)}");
}
