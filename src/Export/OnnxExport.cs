using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Export.Families;
using Dalle2.Export.Graphs;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Export;

/// <summary>A model as ONNX files, the program that draws with them, and what it needs to know.</summary>
static class OnnxExport
{
    static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Of a repository around the exported folder, those of the compiler and of packages would be the program's too.
    static readonly string[] Settings = ["Directory.Build.props", "Directory.Packages.props"];

    // What the program takes no heed of: it has one sampler of each kind.
    static readonly string[] Left = ["eta"];

    public static void Write(RunFolder source, TrainedRun run, Device device, string folder, string version, Action<string> notice)
    {
        OnnxModel model = OnnxModel.Of(source, run, device, notice);
        foreach (Graph graph in model.Graphs)
            graph.Save(Path.Combine(folder, $"{graph.Name}.onnx"), version);
        AtomicFile.WriteText(Path.Combine(folder, "model.json"), $"{Numbers(run, model).ToJsonString(Indented)}\n");
        AtomicFile.Write(Path.Combine(folder, "draw.cs"), Script());
        foreach (string name in Settings)
        {
            AtomicFile.WriteText(
                Path.Combine(folder, name), "<!-- draw.cs is built with no settings of the folders above. -->\n<Project />\n");
        }

        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Page(source, run, model, version));
    }

    static JsonObject Numbers(TrainedRun run, OnnxModel model)
    {
        var numbers = new JsonObject
        {
            ["model"] = run.Family.Name,
            ["runHash"] = run.Hash,
            ["imageSide"] = run.Config.ImageSide,
            ["maxWords"] = run.Config.MaxWords,
        };
        foreach (var (name, value) in model.Numbers)
            numbers[name] = value?.DeepClone();
        var options = SamplerSettings.Of(run.Family);
        numbers["drawing"] = new JsonObject(run.Family.SamplerOptions.OfType<NumberOption>().Where(option => !Left.Contains(option.Name))
            .Select(option => KeyValuePair.Create(option.Name, (JsonNode?)options.Number(option.Name))));
        return numbers;
    }

    static byte[] Script()
    {
        using System.IO.Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("draw.cs")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    static string Page(RunFolder source, TrainedRun run, OnnxModel model, string version)
    {
        var text = new StringBuilder();
        text.Append(
            $"""
            # A {run.Family.Name} model as ONNX

            {ModelExport.Origin(source, run, version)}
            Operators of opset {Graph.Opset}, float32, weights inside: those that drawing uses, moving averages where it draws with those.

            ## Drawing

            With the .NET SDK 10 and [ONNX Runtime](https://onnxruntime.ai):

                dotnet run draw.cs -- "a small red circle" --seed 7 --out circle.png

            `draw.cs` is all of it, to be read or taken into a program of your own: it reads `vocabulary.txt` and `model.json`, runs the models in loops, and writes a PNG.
            A picture is, but for the last digits, the one that `dalle2 generate` draws with the same seed. Its options are those of `drawing` in `model.json`.

            ## Models

            Extents by name differ from call to call. Pictures are `[batch, height, width, 3]`: rows from the top, red, green, blue.

            """);
        foreach (Graph graph in model.Graphs)
        {
            text.Append($"\n### {graph.Name}.onnx\n\n{graph.Description}\n\n| | name | | is |\n|-|-|-|-|\n");
            foreach (var (kind, port) in graph.Inputs.Select(port => ("in", port)).Concat(graph.Outputs.Select(port => ("out", port))))
                text.Append($"| {kind} | `{port.Name}` | {(port.IsWhole ? "int64" : "float32")} {port.Shape} | {port.Meaning} |\n");
        }

        return text.ToString();
    }
}
