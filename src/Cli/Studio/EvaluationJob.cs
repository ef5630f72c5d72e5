using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Loop;
using Dalle2.Training.Scores;

namespace Dalle2.Cli.Studio;

/// <summary>Measures a run on held-out captions and writes its report anew. Its result: what <c>eval --json</c> prints.</summary>
sealed class EvaluationJob(EvaluationRequest request, string run, string device, StudioOptions options, GeneratorCache generators)
    : Job("evaluate", $"evaluating '{run}'", run, device), ITrainingObserver
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        generators.Clear(Place);
        using Device opened = OpenDevice(options);
        return Evaluation.Run(request, opened, this, cancellation).ToJson();
    }

    void ITrainingObserver.Notice(string sentence) => Notice(sentence);

    void ITrainingObserver.Preparing(int done, int total) => Report(() => At("reading pictures", done, total));

    void ITrainingObserver.Working(string what, int done, int total) => Report(() => At(what, done, total));

    void ITrainingObserver.Progress(TrainingProgress progress) => Report(() => At(progress.Stage, progress.Step, progress.Steps));

    void ITrainingObserver.StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
    {
        // An evaluation has no stages.
    }

    static JsonObject At(string what, long step, long steps) => new() { ["what"] = what, ["step"] = step, ["steps"] = steps };
}
