using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Scores;

namespace Dalle2.Cli.Studio;

/// <summary>Measures a run on held-out captions and writes its report anew. Its result: what <c>eval --json</c> prints.</summary>
sealed class EvaluationJob(EvaluationRequest request, string run, string device, StudioOptions options, GeneratorCache generators)
    : ObservedJob("evaluate", $"evaluating '{run}'", run, device)
{
    private protected override JsonNode? Work(CancellationToken cancellation)
    {
        generators.Clear(Place);
        using Device opened = OpenDevice(options);
        return Evaluation.Run(request, opened, this, cancellation).ToJson();
    }
}
