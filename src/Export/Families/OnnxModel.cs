using System.Text.Json.Nodes;
using Dalle2.Export.Graphs;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Runs;

namespace Dalle2.Export.Families;

/// <summary>A run's model as ONNX graphs.</summary>
/// <param name="Graphs">One for each part.</param>
/// <param name="Numbers">What the loops of drawing need to know beside them: the contents of <c>model.json</c>.</param>
sealed record OnnxModel(IReadOnlyList<Graph> Graphs, JsonObject Numbers)
{
    /// <summary>The model of a run that draws.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="run">The run.</param>
    /// <param name="device">Where its parameters lie.</param>
    /// <param name="notice">Is told what is left out.</param>
    /// <exception cref="NotSupportedException">The model, or a layer of it, has no ONNX form; the message says what to do.</exception>
    public static OnnxModel Of(RunFolder folder, TrainedRun run, Device device, Action<string> notice) =>
        FamilyGraphs.For(run)?.Of(folder, run, device, notice)
        ?? throw new NotSupportedException($"a model {run.Family.Name} has no ONNX form here; take --format safetensors");

    /// <summary>Word numbers, the input of text encoders.</summary>
    /// <param name="most">Words that the model reads.</param>
    public static GraphPort Tokens(int most) => new(
        "tokens", ["batch", "words"],
        $"the numbers of each caption's words in vocabulary.txt, whose first line is number 0; 0 behind a shorter caption; {most} words at "
        + "most", IsWhole: true);

    /// <summary>How far samples are noise, an input of diffusion's networks.</summary>
    public static GraphPort Time { get; } = new("time", ["batch"], "how far each is noise, from 0 (not at all) to 1");
}
