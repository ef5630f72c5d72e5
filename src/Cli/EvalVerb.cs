using System.CommandLine;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Runs;
using Dalle2.Training.Scores;

namespace Dalle2.Cli;

/// <summary><c>eval</c>: what a run's drawings show against what was asked for.</summary>
sealed class EvalVerb : Verb
{
    const int SheetColumns = 6;

    readonly Argument<string> run = new("RUN") { Description = "The folder of a trained run." };
    readonly Option<string?> split = VerbOptions.OptionalText("--split", "S",
        "The split whose captions are drawn. [default: the first that is held out of training]");
    readonly Option<int> count = VerbOptions.Count("--count", 512, 1, 1_000_000,
        "Captions, spread over the split; fewer when it has fewer.");
    readonly Option<ulong> seed = VerbOptions.Seed("Decides the drawings' noise.");
    readonly SamplerArguments sampling = new();
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "Also write a .png with some drawings beside the truth. [default: none]");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<string?> data = VerbOptions.OptionalText("--data", "D",
        "Where the data are now, if they were moved. [default: where the run read them]");
    readonly Option<string?> images = VerbOptions.OptionalText("--images", "DIR",
        "COCO: where the folder of the pictures is now. [default: where the run read them]");
    readonly Option<bool> dataChanged = VerbOptions.DataChanged();
    readonly Option<int> maxBroken = VerbOptions.MaxBroken();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels("the run's own");

    public EvalVerb()
        : base("eval",
        "Measure a run on captions it was not trained on, beside chance, the ceiling of real pictures and shuffled captions.")
    {
        Arguments.Add(run);
        foreach (Option option in (Option[])[split, count, seed, .. sampling.All, output, device, precision, threads, data, images,
            dataChanged, maxBroken, maxPixels])
        {
            Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 eval runs/demo", "dalle2 eval runs/demo --split train --count 128 --out sheet.png --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "Also writes RUN/report.html anew, with the figures and drawings; where it cannot be written, that is said and the figures are "
        + "given all the same.",
        "JSON: {split, n, attributes:{NAME:{value, low, high}}, chance:{NAME:x}, ceiling:{NAME:x}, shuffled:{NAME:x}, choices:{NAME:{n, "
        + "value, low, high, chance}}, retrieval:{n, textToImage, imageToText, chance}, loss, run, runHash, seconds, device}; what was not "
        + "measured is empty or null.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string? sheet = arguments.GetValue(output) is { } path ? PictureFile.RequirePng(path) : null;
        if (sheet is not null)
            FolderAccess.RequireWritableFile(sheet, "Name another file with --out.");
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        var request = new EvaluationRequest
        {
            Run = arguments.GetRequiredValue(run),
            Split = arguments.GetValue(split),
            Count = arguments.GetValue(count),
            Seed = arguments.GetValue(seed),
            Sampling = sampling.Given(arguments),
            MovedData = arguments.GetValue(data),
            MovedImages = arguments.GetValue(images),
            AcceptChangedData = arguments.GetValue(dataChanged),
            MaxBroken = arguments.GetValue(maxBroken),
            MaxPixels = arguments.GetValue(maxPixels),
        };
        RunEvaluation evaluation = terminal.WithProgress(progress => Evaluation.Run(request, opened, progress, terminal.Cancellation));
        if (sheet is not null && evaluation.Cells.Count > 0)
            WriteSheet(evaluation, sheet);
        terminal.Result(evaluation.ToJson, text =>
        {
            EvaluationText.Show(evaluation, text);
            if (sheet is not null && evaluation.Cells.Count > 0)
                text.Line($"Drawings beside the truth: {sheet}");
        });
        return ExitCode.Ok;
    }

    internal static void WriteSheet(RunEvaluation evaluation, string path) =>
        AtomicFile.Write(path, PictureEncoder.Png(ContactSheet.Draw(evaluation.Cells, SheetColumns)));
}
