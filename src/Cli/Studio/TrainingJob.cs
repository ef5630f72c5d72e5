using System.Text.Json.Nodes;
using Dalle2.Data.Text;
using Dalle2.Training.Loop;

namespace Dalle2.Cli.Studio;

/// <summary>Trains a run. Its result: what <c>train --json</c> prints.</summary>
sealed class TrainingJob(TrainingRequest request, string run, GeneratorCache generators)
    : Job("train", $"{(request.Resume ? "going on with the training of" : "training")} '{run}'", run, request.Device), ITrainingObserver
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        generators.Clear(Place);
        TrainingResult result = TrainingSession.Run(request, this, cancellation);
        JsonObject json = TrainVerb.ToJson(result);
        json["examplePrompt"] = result.ExamplePrompt;
        json["command"] = GenerateVerb.CommandFor(result.Run, result.ExamplePrompt);
        return json;
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

    static JsonObject At(string what, long step, long steps) => new() { ["what"] = what, ["step"] = step, ["steps"] = steps };

    /// <summary>The command that goes on with a run outside of the studio.</summary>
    internal static string CommandToResume(string folder) => ShellCommand.Of("dalle2", "train", "--resume", "--out", folder);
}
