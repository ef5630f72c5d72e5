using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Export;

namespace Dalle2.Cli;

/// <summary><c>export</c>: a trained run's model as files for other programs.</summary>
sealed class ExportVerb : Verb
{
    readonly Argument<string> run = new("RUN") { Description = "The folder of a trained run." };
    readonly Option<string> format = VerbOptions.Text("--format", "F", ModelExport.Onnx,
        "onnx: models of opset 17 with their weights, and draw.cs, which draws with them by ONNX Runtime; safetensors: the weights alone, "
        + "a file for each part.");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FOLDER", "A new or empty folder. [default: RUN/FORMAT]");

    public ExportVerb()
        : base("export", "Write a trained run's model to files that other programs read.")
    {
        Arguments.Add(run);
        Options.Add(format);
        Options.Add(output);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 export runs/demo --out demo-onnx",
        "dalle2 export runs/unclip --format safetensors --out unclip-weights",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Exported is what 'dalle2 generate' draws with: the newest checkpoint of each stage, moving averages where they are drawn with; "
        + "nothing of the optimizer. The folder's README.md says what each file and tensor is.",
        "With --format onnx, 'dotnet run draw.cs -- \"a prompt\"' there draws; the same seed gives the picture of 'dalle2 generate' up to "
        + "rounding.",
        "JSON: {run, format, folder, runHash, files:[{name, bytes}], seconds}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        var clock = Stopwatch.StartNew();
        string name = Known.Require("format", arguments.GetRequiredValue(format), ModelExport.Formats);
        string source = arguments.GetRequiredValue(run), folder = arguments.GetValue(output) ?? Path.Combine(source, name);
        ExportedModel model = ModelExport.Write(source, name, folder, Application.Version, terminal.Notice);
        terminal.Result(
            () => new JsonObject
            {
                ["run"] = source,
                ["format"] = name,
                ["folder"] = model.Folder,
                ["runHash"] = model.RunHash,
                ["files"] = new JsonArray(
                    [.. model.Files.Select(file => new JsonObject { ["name"] = file.Name, ["bytes"] = file.Bytes })]),
                ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
            },
            text =>
            {
                text.Table(["file", ">bytes"],
                    model.Files.Select(file => (string[])[file.Name, file.Bytes.ToString("N0", CultureInfo.InvariantCulture)]));
                text.Line($"Exported to {model.Folder}; see {Path.Combine(model.Folder, "README.md")}.");
                if (name == ModelExport.Onnx)
                    text.Line($"To draw with it: cd {Data.Text.ShellCommand.Of(model.Folder)} && dotnet run draw.cs -- \"a prompt\"");
            });
        return ExitCode.Ok;
    }
}
