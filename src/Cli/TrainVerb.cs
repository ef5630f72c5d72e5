using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Training;
using Dalle2.Training.Stages;

namespace Dalle2.Cli;

/// <summary><c>train</c>: a run folder from captioned pictures, or the rest of one.</summary>
sealed class TrainVerb : Verb
{
    readonly Option<string?> data = VerbOptions.OptionalText("--data", "D", "What to train on: shapes, shapes2, emoji, fashion, a folder of pictures with .txt captions, or a COCO captions .json. [default: the preset's; shapes]");
    readonly Option<string?> model = VerbOptions.OptionalText("--model", "M", "The model: classic (recurrent text encoder, convolutional autoencoder). [default: classic]");
    readonly Option<string?> preset = VerbOptions.OptionalText("--preset", "P", $"Where the settings start from: {string.Join("; ", Presets.List.Select(p => $"{p.Name} ({p.Summary})"))}. [default: emoji for emoji, else demo]");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "RUN", "The run's folder: a new or empty one, or with --resume that of a run. [default: runs/DATA-PRESET]");
    readonly Option<string?> stage = VerbOptions.OptionalText("--stage", "S", $"One stage alone: {string.Join(", ", StageNames.All)}. [default: all, in this order]");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<ulong> seed = VerbOptions.Seed("Decides every random number; the same seed gives the same bits on each device.");
    readonly Option<bool> resume = VerbOptions.Flag("--resume", "Continue the run in --out with its own data, preset, seed and settings; giving other ones is an error.");
    readonly Option<string[]> set = new("--set") { Description = "Change settings of the preset, such as --set batch=32 latent=16; lists as encoderChannels=16,32.", HelpName = "NAME=VALUE", AllowMultipleArgumentsPerToken = true };
    readonly Option<int> maxBroken = VerbOptions.MaxBroken();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels();
    readonly Option<bool> listSettings = VerbOptions.Flag("--list-settings", "Show every setting that --set knows, with each preset's value, and train nothing.");

    public TrainVerb()
        : base("train", "Train a model on captioned pictures, all stages or one; or continue a run.")
    {
        foreach (Option option in new Option[] { data, model, preset, output, stage, device, precision, threads, seed, resume, set, maxBroken, maxPixels, listSettings })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 train --data shapes --preset small --out runs/shapes",
        "dalle2 train --data my-pictures --preset demo --set batch=32 fineTuneSteps=2000 --out runs/mine",
        "dalle2 train --resume --out runs/mine",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "RUN gets config.json, vocabulary.txt, checkpoints/STAGE/*.safetensors, log.jsonl, samples/*.png and report.html. Ctrl-C finishes the step and saves a checkpoint; resumed, the run ends with the same bits as one that was never stopped.",
        "JSON: {run, steps, seconds, loss, device}; loss is null when nothing was left to train, and behind the device stands the precision if it is not float32, as in cuda:0 tf32. With --list-settings: {PRESET: {NAME: VALUE}}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        if (arguments.GetValue(preset) is { } presetName)
            Known.Require("preset", presetName, Presets.List.Select(p => p.Name));
        if (arguments.GetValue(listSettings))
            return ListSettings(arguments, terminal);
        if (arguments.GetValue(model) is { } modelName)
            Known.Require("model", modelName, ["classic"]);
        if (arguments.GetValue(stage) is { } stageName)
            Known.Require("stage", stageName, StageNames.All);
        Known.Device(arguments.GetRequiredValue(device));

        TrainingConfig config = Configure(arguments);
        string run = arguments.GetValue(output) ?? Path.Combine("runs", $"{DataName(config.Data)}-{config.Preset}");
        bool resuming = arguments.GetValue(resume);
        if (resuming)
            config = ConfigureResumed(arguments, run);
        var request = new TrainingRequest
        {
            Config = config,
            OutputFolder = run,
            Resume = resuming,
            Stage = arguments.GetValue(stage),
            Device = arguments.GetRequiredValue(device),
            Threads = arguments.GetValue(threads),
            MaxBroken = arguments.GetValue(maxBroken),
        };
        (TrainingResult result, ProgressDisplay progress) = Train(request, terminal, $"dalle2 train --resume --out {run}");
        terminal.Result(() => ToJson(result), text =>
        {
            Show(result, progress, text);
            text.Line($"Draw with: dalle2 generate {run} \"{ExamplePrompt(config)}\"");
        });
        return ExitCode.Ok;
    }

    /// <summary>Trains with progress; whoever stops it is told the command that continues.</summary>
    internal static (TrainingResult Result, ProgressDisplay Progress) Train(TrainingRequest request, Terminal terminal, string continueWith)
    {
        try
        {
            return terminal.WithProgress(progress => (TrainingSession.Run(request, progress, terminal.Cancellation), progress));
        }
        catch (OperationCanceledException stopped)
        {
            throw new OperationCanceledException($"{stopped.Message}: {continueWith}", stopped);
        }
    }

    internal static void Show(TrainingResult result, ProgressDisplay progress, TerminalText text)
    {
        if (result.Steps == 0)
            text.Line("Nothing was left to train.");
        else
            text.Table(["stage", ">time", "last step"], progress.Done.Select(stage => (string[])[stage.Stage, ProgressDisplay.Show(stage.Time), stage.Figures]));
        text.Line($"Run: {result.Run} ({result.Steps} steps in {ProgressDisplay.Show(TimeSpan.FromSeconds(result.Seconds))} on {result.Device})");
        text.Line($"Report: {result.Report}");
    }

    TrainingConfig Configure(ParseResult arguments)
    {
        string? given = arguments.GetValue(data);
        TrainingConfig config = Presets.Get(arguments.GetValue(preset) ?? (given == "emoji" ? "emoji" : "demo"));
        config = Change(config with { Data = given is null ? config.Data : FullName(given) }, arguments);
        // Where nothing is said, the user's own pictures decide what becomes of those that are not square.
        bool said = (arguments.GetValue(set) ?? [])
            .Any(assignment => assignment.Split('=')[0].Trim().Equals(nameof(config.Fit), StringComparison.OrdinalIgnoreCase));
        return said || !Path.Exists(config.Data) ? config
            : config with { Fit = PictureAspects.Of(DataSets.Open(config.Data, TrainingSession.DataOptions(config))).Suggested };
    }

    // What was not given is as it was; what was given is compared with what was, and a difference is refused.
    TrainingConfig ConfigureResumed(ParseResult arguments, string run)
    {
        using RunFolder folder = RunFolder.Open(run);
        TrainingConfig stored = folder.ReadConfig<TrainingConfig>();
        return Change(stored with
        {
            Data = arguments.GetValue(data) is { } name ? FullName(name) : stored.Data,
            Preset = arguments.GetValue(preset) ?? stored.Preset,
        }, arguments);
    }

    TrainingConfig Change(TrainingConfig config, ParseResult arguments)
    {
        config = config with { Model = arguments.GetValue(model) ?? config.Model };
        if (arguments.GetResult(precision) is { Implicit: false })
            config = config with { Precision = arguments.GetValue(precision) };
        if (arguments.GetResult(seed) is { Implicit: false })
            config = config with { Seed = arguments.GetValue(seed) };
        if (arguments.GetValue(maxPixels) is { } pixels)
            config = config with { MaxPixels = pixels == PictureDecoder.DefaultMaxPixels ? 0 : pixels };
        foreach (string assignment in arguments.GetValue(set) ?? [])
            config = Presets.Set(config, assignment);
        if (config.ImagesFolder.Length > 0)
            config = config with { ImagesFolder = Path.GetFullPath(config.ImagesFolder) };
        Presets.Validate(config);
        return config;
    }

    // A run must find its pictures again from any current folder.
    static string FullName(string spec) =>
        DataSets.BuiltIn.Any(set => set.Name == spec) || !Path.Exists(spec) ? spec : Path.GetFullPath(spec);

    static string DataName(string spec) => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(spec));

    static string ExamplePrompt(TrainingConfig config)
    {
        IDataSet set = DataSets.Open(config.Data, TrainingSession.DataOptions(config));
        string split = set.Splits[^1];
        string caption = set.Count(split) > 0 ? set.Caption(split, 0) : set.Caption(set.Splits[0], 0);
        return VisibleText.Of(caption).Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    internal static JsonObject ToJson(TrainingResult result) => new()
    {
        ["run"] = result.Run,
        ["steps"] = result.Steps,
        ["seconds"] = Math.Round(result.Seconds, 3),
        ["loss"] = Terminal.Number(result.Loss),
        ["device"] = result.Device,
    };

    int ListSettings(ParseResult arguments, Terminal terminal)
    {
        string[] names = arguments.GetValue(preset) is { } one ? [one] : [.. Presets.List.Select(p => p.Name)];
        IReadOnlyList<(string Name, string Value)>[] settings = [.. names.Select(name => Presets.Settings(Presets.Get(name)))];
        terminal.Result(
            () => new JsonObject(names.Select((name, i) => KeyValuePair.Create(name, (JsonNode?)new JsonObject(settings[i].Select(s => KeyValuePair.Create(s.Name, (JsonNode?)s.Value)))))),
            text => text.Table(["setting", .. names], settings[0].Select((setting, row) => (string[])[setting.Name, .. settings.Select(preset => preset[row].Value)])));
        return ExitCode.Ok;
    }
}
