using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary><c>train</c>: a run folder from captioned pictures, or the rest of one.</summary>
sealed class TrainVerb : Verb
{
    readonly Option<string?> data = VerbOptions.OptionalText("--data", "D", "What to train on: shapes, shapes2, emoji, fashion, a folder "
        + "of pictures with .txt captions, a .csv, .tsv or .jsonl of paths and captions, .parquet files, .tar archives "
        + "(SET-{00..07}.tar), a folder of MNIST's idx files, or a COCO "
        + "captions .json; with --resume, where they are now if they were moved. [default: the preset's; shapes]");
    readonly Option<string?> model = VerbOptions.Model();
    readonly Option<string?> preset = VerbOptions.OptionalText("--preset", "P",
        $"Where the settings start from: "
        + string.Join("; ", ModelFamily.All.SelectMany(f => f.Presets, (f, p) => $"{p.Name} ({Other(f, "; ")}{p.Summary})"))
        + $". [default: that of the data's name; {ModelFamily.Default.OwnPicturesPreset} for a folder or a file; "
        + $"else {ModelFamily.Default.DefaultPreset}]");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "RUN",
        "The run's folder: a new or empty one, or with --resume that of a run. [default: runs/DATA-PRESET]");
    readonly Option<string?> stage = VerbOptions.OptionalText("--stage", "S",
        "One stage alone: " + string.Join("; ", ModelFamily.All
            .Select(f => Other(f, ": ") + string.Join(", ", f.Stages.Select(s => s.Name))))
        + ". [default: all, in this order]");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<ulong> seed = VerbOptions.Seed("Decides every random number; the same seed gives the same bits on each device.");
    readonly Option<bool> dataParallel = VerbOptions.Flag("--data-parallel",
        "Divide the batches of each step (--set accumulation=N) among the ranks that mpiexec has started, one a device: --device "
        + "cuda:local takes each rank's own card. The bits are those of one process; rank 0 keeps the run.");
    readonly Option<bool> shardOptimizer = VerbOptions.Flag("--shard-optimizer",
        "With --data-parallel: each rank keeps only its slices of Adam's moments, so that they take less memory the more ranks there "
        + "are (ZeRO, stage 1). The bits are the same; if a rank is lost, the run goes on from the last checkpoint rather than from the "
        + "last step.");
    readonly Option<bool> resume = VerbOptions.Flag("--resume",
        "Continue the run in --out with its own data, preset, seed and settings; giving other ones is an error.");
    readonly Option<string[]> set = new("--set")
    {
        Description =
        "Change settings of the preset, such as --set batch=32 latent=16; lists as encoderChannels=16,32.",
        HelpName = "NAME=VALUE",
        AllowMultipleArgumentsPerToken = true
    };
    readonly Option<double?> minutes = VerbOptions.Minutes();
    readonly Option<string?> images = VerbOptions.OptionalText("--images", "DIR",
        "Tables and COCO: the folder of the pictures. [default: beside the file]");
    readonly Option<string?> imageColumn = VerbOptions.ImageColumn(), captionColumn = VerbOptions.CaptionColumn();
    readonly Option<bool> dataChanged = VerbOptions.DataChanged();
    readonly Option<bool> anyway = VerbOptions.Flag("--anyway",
        "Go on behind a stage that does no better than chance on held-out samples; without it the run stops there and says what to change.");
    readonly Option<int> maxBroken = VerbOptions.MaxBroken();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels();
    readonly Option<long?> cacheBytes = VerbOptions.CacheBytes();
    readonly LogArguments logs = new();
    readonly Option<bool> listSettings = VerbOptions.Flag("--list-settings",
        "Show every setting that --set knows, with each preset's value, and train nothing.");

    public TrainVerb()
        : base("train", "Train a model on captioned pictures, all stages or one; or continue a run.")
    {
        foreach (Option option in (Option[])[data, model, preset, output, stage, device, precision, threads, dataParallel, shardOptimizer,
            seed, resume, set, minutes, images, imageColumn, captionColumn, dataChanged, anyway, maxBroken, maxPixels, cacheBytes,
            .. logs.All, listSettings])
        {
            Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 train --data shapes --preset small --out runs/shapes",
        "dalle2 train --data my-pictures --preset demo --set batch=32 fineTuneSteps=2000 --out runs/mine",
        "dalle2 train --resume --out runs/mine",
        "mpiexec -n 4 dalle2 train --data-parallel --data my-pictures --set accumulation=4 batch=16 --out runs/mine",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "RUN gets config.json, vocabulary.txt, checkpoints/STAGE/*.safetensors, log.jsonl, health.json, samples/*.png and report.html. Ctrl-C finishes "
        + "the step and saves a checkpoint; resumed, the run ends with the same bits as one that was never stopped.",
        "JSON: {run, steps, seconds, loss, device}; loss is null when nothing was left to train, and behind the device stands the "
        + "precision if it is not float32, as in cuda:0 tf32. With --list-settings: {PRESET: {NAME: VALUE}}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        if (arguments.GetValue(listSettings))
            return ListSettings(arguments, terminal);
        Known.Device(arguments.GetRequiredValue(device));
        logs.Require(arguments);
        if (!arguments.GetValue(dataParallel))
        {
            return arguments.GetValue(shardOptimizer)
                ? throw new UserInputException("--shard-optimizer divides the optimizer's state among ranks: give --data-parallel too, "
                    + "or leave it out")
                : Train(arguments, terminal, null);
        }

        if (arguments.GetValue(minutes) is not null)
        {
            throw new UserInputException("--minutes measures steps on one machine, and not those that ranks divide; leave it out, and "
                + "choose the steps of stages with --set");
        }

        using RankedTraining ranked = RankedTraining.Join(terminal);
        return ranked.Run(terminal, () => Train(arguments, terminal, ranked));
    }

    int Train(ParseResult arguments, Terminal terminal, RankedTraining? ranked)
    {
        bool resuming = arguments.GetValue(resume);
        if (resuming && arguments.GetValue(minutes) is not null)
            throw new UserInputException("--minutes chooses the steps of a new run; a run that is resumed has its own. Leave it out.");
        // The run's folder is rank 0's, which tells the others what they need of it.
        bool leads = ranked is not { Ranks.Leads: false };
        (TrainingConfig? config, string run) = !leads && resuming ? (null, "")
            : resuming ? ConfigureResumed(arguments) : Configure(arguments);
        if (config != null && arguments.GetValue(stage) is { } stageName)
            Known.Require($"stage of {config.Model}", stageName, ModelFamily.Get(config.Model).Stages.Select(one => one.Name));
        var request = new TrainingRequest
        {
            Config = config,
            OutputFolder = run,
            Resume = resuming,
            Stage = arguments.GetValue(stage),
            Device = ranked?.DeviceOf(arguments.GetRequiredValue(device)) ?? arguments.GetRequiredValue(device),
            Threads = ranked?.ThreadsOf(arguments.GetRequiredValue(device), arguments.GetValue(threads)) ?? arguments.GetValue(threads),
            ShardOptimizer = arguments.GetValue(shardOptimizer),
            Ranks = ranked?.Ranks is { Communicator.Size: > 1 } several ? several : null,
            MovedData = resuming && arguments.GetValue(data) is { } place && FullName(place) != config?.Data ? FullName(place) : null,
            MovedImages = resuming && arguments.GetValue(images) is { } pictures ? Path.GetFullPath(pictures) : null,
            AcceptChangedData = arguments.GetValue(dataChanged),
            Minutes = arguments.GetValue(minutes),
            Anyway = arguments.GetValue(anyway),
            MaxBroken = arguments.GetValue(maxBroken),
            CacheBytes = arguments.GetValue(cacheBytes),
            TensorBoard = logs.IsForTensorBoard(arguments),
        };
        if (!leads)
        {
            TrainingSession.Run(request, new SilentObserver(), terminal.Cancellation);
            return ExitCode.Ok;
        }

        (TrainingResult result, ProgressDisplay progress) =
            logs.Train(request, arguments, terminal, ShellCommand.Of("dalle2", "train", "--resume", "--out", run));
        terminal.Result(() => ToJson(result), text =>
        {
            Show(result, progress, text);
            text.Line($"Draw with: {GenerateVerb.CommandFor(run, result.ExamplePrompt)}");
        });
        return ExitCode.Ok;
    }

    internal static void Show(TrainingResult result, ProgressDisplay progress, TerminalText text)
    {
        if (result.Steps == 0)
        {
            text.Line("Nothing was left to train.");
        }
        else
        {
            text.Table(["stage", ">time", "last step"],
                progress.Done.Select(stage => (string[])[stage.Stage, ProgressDisplay.Show(stage.Time), stage.Figures]));
        }

        text.Line(
            $"Run: {result.Run} ({result.Steps} steps in {ProgressDisplay.Show(TimeSpan.FromSeconds(result.Seconds))} on {result.Device})");
        text.Line($"Report: {result.Report}");
    }

    (TrainingConfig Config, string Run) Configure(ParseResult arguments)
    {
        string? given = arguments.GetValue(data);
        TrainingConfig config = Known.Preset(Known.Family(arguments.GetValue(model)), arguments.GetValue(preset), given);
        config = Change(config with { Data = given is null ? config.Data : FullName(given) }, arguments);
        // Where nothing is said, the user's own pictures decide what becomes of those that are not square.
        if (Path.IsPathRooted(config.Data) && !(arguments.GetValue(set)
            ?? []).Any(one => one.Split('=')[0].Trim().Equals(nameof(config.Fit), StringComparison.OrdinalIgnoreCase)))
        {
            config = config with { Fit = PictureAspects.Of(DataSets.Open(config.Data, TrainingData.Options(config))).Suggested };
        }

        return (config, RunOf(arguments, config));
    }

    // What was not given is as it was; what was given is compared with what was, and a difference is refused.
    (TrainingConfig Config, string Run) ConfigureResumed(ParseResult arguments)
    {
        string? given = arguments.GetValue(data), name = arguments.GetValue(preset);
        string run = RunOf(arguments, arguments.GetValue(output) is null
            ? Known.Preset(Known.Family(arguments.GetValue(model)), name, given) with { Data = given ?? "shapes" } : null);
        using RunFolder folder = RunFolder.Open(run);
        TrainingConfig stored = RunConfig.Read(folder);
        return (Change(stored with { Model = arguments.GetValue(model) ?? stored.Model, Preset = name ?? stored.Preset }, arguments), run);
    }

    string RunOf(ParseResult arguments, TrainingConfig? config) =>
        arguments.GetValue(output) ?? Path.Combine("runs", $"{DataName(config!.Data)}-{config.Preset}");

    TrainingConfig Change(TrainingConfig config, ParseResult arguments)
    {
        if (arguments.GetResult(precision) is { Implicit: false })
            config = config with { Precision = arguments.GetValue(precision) };
        if (arguments.GetResult(seed) is { Implicit: false })
            config = config with { Seed = arguments.GetValue(seed) };
        if (arguments.GetValue(maxPixels) is { } pixels)
            config = config with { MaxPixels = pixels == PictureDecoder.DefaultMaxPixels ? 0 : pixels };
        foreach (string assignment in arguments.GetValue(set) ?? [])
            config = ConfigSettings.Set(config, assignment);
        if (!arguments.GetValue(resume) && arguments.GetValue(images) is { } folder)
            config = config with { ImagesFolder = folder };
        if (arguments.GetValue(imageColumn) is { } pictures)
            config = config with { ImageColumn = pictures };
        if (arguments.GetValue(captionColumn) is { } captions)
            config = config with { CaptionColumn = captions };
        config = ConfigSettings.WithFullPaths(config);
        config.Validate();
        return config;
    }

    // A run must find its pictures again from any current folder.
    static string FullName(string spec) =>
        DataSets.BuiltIn.Any(set => set.Name == spec) || !DataSets.IsThere(spec) ? spec : Path.GetFullPath(spec);

    static string DataName(string spec) => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(spec));

    // The default model goes without saying.
    static string Other(ModelFamily family, string behind) => family == ModelFamily.Default ? "" : family.Name + behind;

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
        ModelFamily family = Known.Family(arguments.GetValue(model));
        string[] names = arguments.GetValue(preset) is { } one
            ? [Known.Preset(family, one, null).Preset] : [.. family.Presets.Select(p => p.Name)];
        IReadOnlyList<(string Name, string Value)>[] settings = [.. names.Select(name => ConfigSettings.Of(family.Preset(name)))];
        terminal.Result(
            () => new JsonObject(names.Select((name, i) =>
            KeyValuePair.Create(name, (JsonNode?)new JsonObject(settings[i]
            .Select(s => KeyValuePair.Create(s.Name, (JsonNode?)s.Value)))))),
            text => text.Table(["setting", .. names],
            settings[0].Select((setting, row) => (string[])[setting.Name, .. settings.Select(preset => preset[row].Value)])));
        return ExitCode.Ok;
    }
}
