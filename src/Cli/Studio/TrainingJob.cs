using System.Text.Json.Nodes;
using Dalle2.Training.Loop;

namespace Dalle2.Cli.Studio;

/// <summary>Trains a run. Its result: what <c>train --json</c> prints, and <c>examplePrompt</c>, a caption to draw from.</summary>
sealed class TrainingJob(TrainingRequest request, string run, GeneratorCache generators) : ObservedJob(
    "train", $"{(request.Resume ? "going on with the training of" : "training")} '{run}'", run, request.Device)
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        generators.Clear(Place);
        TrainingResult result = TrainingSession.Run(request, this, cancellation);
        JsonObject json = TrainVerb.ToJson(result);
        json["examplePrompt"] = result.ExamplePrompt;
        return json;
    }
}
