using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;

namespace Dalle2.Cli;

/// <summary><c>demo</c>: the main job on generated pictures, from nothing to drawings, figures and a report.</summary>
sealed class DemoVerb : Verb
{
    const string Data = "shapes";

    readonly Option<string> output = VerbOptions.Text("--out", "RUN", Path.Combine("runs", "demo"),
        "The run's folder. An unfinished demo there is resumed, a finished one evaluated again.");
    readonly Option<string?> model = VerbOptions.Model();
    readonly Option<string?> preset = VerbOptions.OptionalText("--preset", "P",
        "The settings to train with; tiny shows each stage in seconds and learns next to nothing. [default: the model's own for shapes; "
        + "demo]");
    readonly Option<int> count = VerbOptions.Count("--count", 512, 1, 1_000_000, "Held-out captions to evaluate.");
    readonly Option<ulong> seed = VerbOptions.Seed("Decides every random number.");
    readonly Option<bool> fresh = VerbOptions.Flag("--fresh",
        "Delete the demo in --out and start over. A folder that is no demo is left alone.");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly LogArguments logs = new();

    public DemoVerb()
        : base("demo", "Train on generated shapes through all stages, draw held-out captions, measure, report: minutes on two cores.")
    {
        foreach (Option option in (Option[])[output, model, preset, count, seed, fresh, device, precision, threads, .. logs.All])
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["dalle2 demo", "dalle2 demo --out runs/second --seed 2"];

    public override IReadOnlyList<string> Notes =>
    [
        "Writes RUN/grid.png (held-out captions, drawn beside the truth) and RUN/report.html (loss curves, figures, samples).",
        "JSON: {train:{run, steps, seconds, loss, device}, eval:{...}, grid, report}; train and eval as those verbs print them.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string run = arguments.GetRequiredValue(output);
        ModelFamily family = Known.Family(arguments.GetValue(model));
        TrainingConfig settings = Known.Preset(family, arguments.GetValue(preset), null);
        Known.Device(arguments.GetRequiredValue(device));
        logs.Require(arguments);
        bool exists = File.Exists(Path.Combine(run, "config.json"));
        if (exists)
            RequireDemo(run);
        if (exists && arguments.GetValue(fresh))
        {
            Delete(run);
            exists = false;
        }

        TrainingConfig config = settings with { Data = Data, Seed = arguments.GetValue(seed), Precision = arguments.GetValue(precision) };
        bool chosen = new Option[] { model, preset, seed, precision }.Any(option => arguments.GetResult(option) is { Implicit: false });
        var request = new TrainingRequest
        {
            Config = exists && !chosen ? null : config,
            OutputFolder = run,
            Resume = exists,
            Device = arguments.GetRequiredValue(device),
            Threads = arguments.GetValue(threads),
            TensorBoard = logs.IsForTensorBoard(arguments),
        };
        (TrainingResult trained, ProgressDisplay progress) =
            logs.Train(request, arguments, terminal, ShellCommand.Of("dalle2", "demo", "--out", run));
        if (trained.Steps == 0)
            terminal.Notice($"the demo in {run} is already trained; evaluating it again (--fresh trains it anew)");

        using Device opened = Known.OpenDevice(request.Device, request.Threads, arguments.GetValue(precision));
        terminal.Cancellation.ThrowIfCancellationRequested();
        terminal.Notice($"drawing {arguments.GetValue(count)} held-out captions...");
        RunEvaluation evaluation = terminal.WithProgress(shown =>
            Evaluation.Run(new EvaluationRequest { Run = run, Count = arguments.GetValue(count) }, opened, shown, terminal.Cancellation));
        string grid = Path.Combine(run, "grid.png");
        EvalVerb.WriteSheet(evaluation, grid);
        terminal.Result(
            () => new JsonObject
            {
                ["train"] = TrainVerb.ToJson(trained),
                ["eval"] = evaluation.ToJson(),
                ["grid"] = grid,
                ["report"] = trained.Report
            },
            text =>
            {
                TrainVerb.Show(trained, progress, text);
                text.Line();
                EvaluationText.Show(evaluation, text);
                text.Line();
                text.Line($"Look at:  {grid}  and  {trained.Report}");
                text.Line(
                    $"Then try: {ShellCommand.Of("dalle2", "generate", run, "a large yellow heart at the center on a navy background", "--count", "8", "--sheet", "--out", "heart.png")}");
            });
        return ExitCode.Ok;
    }

    static void RequireDemo(string run)
    {
        using RunFolder folder = RunFolder.Open(run);
        TrainingConfig stored = RunConfig.Read(folder);
        ModelFamily family = ModelFamily.Get(stored.Model);
        TrainingConfig? demo = family.Presets.Any(p => p.Name == stored.Preset)
            ? family.Preset(stored.Preset) with { Data = Data, Seed = stored.Seed, Precision = stored.Precision } : null;
        if (demo is null || !ConfigSettings.Of(stored).SequenceEqual(ConfigSettings.Of(demo)))
        {
            throw new UserInputException(
                $"{run}: holds a run that is no demo (data {stored.Data}, preset {stored.Preset}); name another folder with --out");
        }
    }

    static void Delete(string run)
    {
        // The lock says whether another program trains there.
        RunFolder.Resume(run).Dispose();
        Directory.Delete(run, recursive: true);
    }
}
