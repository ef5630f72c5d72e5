using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary><c>profile</c>: where the time of a training step goes, kernel by kernel.</summary>
sealed class ProfileVerb : Verb
{
    const double RooflineSeconds = 0.1;
    const int BatchesOfData = 4;

    readonly Option<string?> model = VerbOptions.Model();
    readonly Option<string?> preset = VerbOptions.OptionalText("--preset", "P",
        $"The settings of the training: {string.Join(", ", ModelFamily.AllPresetNames)}. [default: {ModelFamily.Default.DefaultPreset}]");
    readonly Option<string?> data = VerbOptions.OptionalText("--data", "D",
        "The captioned pictures, as for 'train'. [default: the preset's; shapes]");
    readonly Option<string?> stage = VerbOptions.OptionalText("--stage", "S",
        $"The stage whose step it is: {string.Join(", ", ModelFamily.AllStageNames)}. [default: the model's last, "
        + $"{ModelFamily.Default.Stages[^1].Name}]");
    readonly Option<string[]> set = new("--set")
    {
        Description = "Change settings of the preset, as for 'train'.",
        HelpName = "NAME=VALUE",
        AllowMultipleArgumentsPerToken = true
    };
    readonly Option<int> steps = VerbOptions.Count("--steps", 20, 1, 100_000, "Steps that are profiled.");
    readonly Option<int> warmup = VerbOptions.Count("--warmup", 30, 1, 100_000,
        "Steps before them, which compile kernels, find their memory, and give .NET the time to optimize the host's own code.");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<string?> trace = VerbOptions.OptionalText("--trace", "FILE",
        "Write each launch and copy as Chrome trace JSON, which ui.perfetto.dev opens: a lane of the host, one of the device. [default: "
        + "none]");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE", "Save the profile, for --compare. [default: nowhere]");
    readonly Option<string[]> compare = new("--compare")
    {
        Description =
        "Profile nothing; show the difference of two saved profiles. [default: none]",
        HelpName = "A B",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true
    };

    public ProfileVerb()
        : base("profile", "Show where the time of a training step goes: per kernel calls, time, rates, share of the roof and of the step.")
    {
        foreach (Option option in new Option[] { model, preset, data, stage, set, steps, warmup, device, precision, threads, trace, output,
            compare })
        {
            Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 profile --preset demo --trace trace.json",
        "dalle2 profile --preset small --stage image --threads 1 --out before.json",
        "dalle2 profile --compare before.json after.json",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "The rows add up to the step. kernel: from when the device begins with a launch until it is done; dispatch: from the call until "
        + "then; transfer: copies and clearing; host: what is left of each part of the "
        + "step (waiting for data, which is prepared during the step before as in training, forward and backward, optimizer) and between "
        + "them. GFLOP/s of a kernel is given where its launches tell their operations, GB/s from the extents of its views, each once; the "
        + "roof is "
        + "that of 'bench'. The host launches each kernel by itself and waits for it, where a training replays recorded steps: devices "
        + "that run behind it are slower than in training. Log and "
        + "checkpoints are not part of a step here, and of the data four batches are read.",
        "JSON: {what, device, threads, steps, stepMs, allocatedBytes, deviceBytes, shares:{kernel, dispatch, transfer, host}, rows:[{kind, "
        + "name, calls, ms, gflops, gbs, roof, share}]}, all means of a step; "
        + "--out saves the same. With --compare: {a, b, ratio, rows:[{kind, name, aMs, bMs}]}; ratio is the step of A by that of B.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        if (arguments.GetValue(compare) is [{ } first, { } second])
            return Compare(Profile.Load(first), Profile.Load(second), terminal);
        ModelFamily family = Known.Family(arguments.GetValue(model));
        TrainingConfig config = Known.Preset(family, arguments.GetValue(preset), null);
        if (arguments.GetValue(data) is { } given)
            config = config with { Data = given };
        foreach (string assignment in arguments.GetValue(set) ?? [])
            config = ConfigSettings.Set(config, assignment);
        config.Validate();
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        var (profile, events) = Measure(opened, config, arguments.GetValue(stage), arguments.GetValue(warmup), arguments.GetValue(steps),
            _ => terminal.Cancellation.ThrowIfCancellationRequested());
        return Give(profile, events, arguments.GetValue(output), arguments.GetValue(trace), terminal);
    }

    /// <summary>Profiles steps of a training's stage.</summary>
    /// <param name="device">Where they run.</param>
    /// <param name="config">The training's settings; of its data four batches are read.</param>
    /// <param name="stage">The stage; null takes the last.</param>
    /// <param name="warmup">Steps before.</param>
    /// <param name="steps">Steps that count.</param>
    /// <param name="before">Is told the number of each step before it.</param>
    internal static (Profile Profile, StepProfiler Events) Measure(
        Device device, TrainingConfig config, string? stage, int warmup, int steps, Action<int> before)
    {
        int samples = BatchesOfData * config.Batch;
        config = config with { Samples = config.Samples == 0 ? samples : Math.Min(config.Samples, samples) };
        using var training = new ProfiledTraining(device, config, stage);
        Roofline roofline = Roofline.Measure(device, RooflineSeconds);
        return Profile.Measure(device, roofline, $"preset {config.Preset}, stage {training.StageName}, batch {config.Batch}", warmup,
            steps, (profiler, number) =>
            {
                before(number);
                training.Step(profiler, number);
            });
    }

    /// <summary>Saves a profile and its trace where asked for, and shows it.</summary>
    internal static int Give(Profile profile, StepProfiler events, string? output, string? trace, Terminal terminal)
    {
        if (output != null)
            File.WriteAllText(output, profile.ToJson().ToJsonString());
        if (trace != null)
            ProfileTrace.Save(trace, events, profile.Device);
        terminal.Result(profile.ToJson, text => ProfileText.Show(profile, text));
        return ExitCode.Ok;
    }

    static int Compare(Profile before, Profile after, Terminal terminal)
    {
        terminal.Result(
            () => new JsonObject
            {
                ["a"] = before.StepMilliseconds,
                ["b"] = after.StepMilliseconds,
                ["ratio"] = before.StepMilliseconds / after.StepMilliseconds,
                ["rows"] = new JsonArray([.. ProfileText.Differences(before, after)
                .Select(row => new JsonObject { ["kind"] = row.Kind, ["name"] = row.Name, ["aMs"] = row.Before, ["bMs"] = row.After })]),
            },
            text => ProfileText.ShowDifference(before, after, text));
        return ExitCode.Ok;
    }
}
