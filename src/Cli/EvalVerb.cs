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
    readonly Option<string?> beside = VerbOptions.OptionalText("--beside", "OTHER",
        "Another run, of any model, to measure with the same captions; nothing is written to its folder. [default: none]");
    readonly Option<string?> split = VerbOptions.OptionalText("--split", "S",
        "The split whose captions are drawn. [default: the first that is held out of training]");
    readonly Option<int> count = VerbOptions.Count("--count", 512, 1, 1_000_000,
        "Captions, spread over the split; fewer when it has fewer.");
    readonly Option<int> probe = VerbOptions.Count("--probe", 0, 0, 100_000,
        "Draw so many of the pictures again from 1, 2, 4, ... principal components of their image embeddings, to see what lies in them "
        + "(models that draw from image embeddings); RUN/samples/probe.png shows some.");
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
        "Tables and COCO: where the folder of the pictures is now. [default: where the run read them]");
    readonly Option<bool> dataChanged = VerbOptions.DataChanged();
    readonly Option<int> maxBroken = VerbOptions.MaxBroken();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels("the run's own");
    readonly Option<long?> cacheBytes = VerbOptions.CacheBytes();

    public EvalVerb()
        : base("eval",
        "Measure a run on captions it was not trained on, beside chance, the ceiling of real pictures and shuffled captions.")
    {
        Arguments.Add(run);
        foreach (Option option in (Option[])[beside, split, count, probe, seed, .. sampling.All, output, device, precision, threads, data,
            images, dataChanged, maxBroken, maxPixels, cacheBytes])
        {
            Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 eval runs/demo", "dalle2 eval runs/unclip --beside runs/demo",
        "dalle2 eval runs/demo --split train --count 128 --out sheet.png --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "FID and KID are the distances between the drawings and the true pictures of the same captions, by two kinds of features: the "
        + "embeddings of a CLIP that comes with the program (trained on emoji, 32x32, to which pictures are resized), and principal "
        + "components of the training pictures' pixels. Beside them stand the distance of the true pictures to as many of the training, "
        + "and the floor: that of two samples of the training pictures, below which drawings can lie because they show what the true "
        + "pictures show. KID has no bias of few pictures; its error is one standard error.",
        "Memorization: each drawing's nearest training picture by mean squared error, and the share of drawings that are nearer to one "
        + "than 95 % of the true pictures are (chance .05); RUN/samples/nearest.png shows the nearest.",
        "Reading (shapes): of all 3,456 captions, the one that the contrastive stage finds most similar to each true picture, attribute by "
        + "attribute.",
        "Also writes RUN/report.html anew, with the figures and drawings; where it cannot be written, that is said and the figures are "
        + "given all the same.",
        "JSON: {split, n, attributes:{NAME:{value, low, high}}, chance:{NAME:x}, ceiling:{NAME:x}, shuffled:{NAME:x}, choices:{NAME:{n, "
        + "value, low, high, chance}}, retrieval:{n, textToImage, imageToText, chance}, reading:{n, captions, attributes, chance}, loss, "
        + "distances:{clip|pixels:{features, drawn|training|floor:{n, fid, kid, kidError}}}, memorization:{n, trainingPictures, "
        + "median:{drawn, real}, threshold, nearer:{value, low, high}, chance, sheet}, probe:{n, rows:[{components, variance, "
        + "shares:{NAME:{value, low, high}}}], sheet}, run, runHash, seconds, device, beside}; beside is "
        + "the other run's document; what was not measured is empty or null.",
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
            Beside = arguments.GetValue(beside),
            Split = arguments.GetValue(split),
            Count = arguments.GetValue(count),
            Probe = arguments.GetValue(probe),
            Seed = arguments.GetValue(seed),
            Sampling = sampling.Given(arguments),
            MovedData = arguments.GetValue(data),
            MovedImages = arguments.GetValue(images),
            AcceptChangedData = arguments.GetValue(dataChanged),
            MaxBroken = arguments.GetValue(maxBroken),
            CacheBytes = arguments.GetValue(cacheBytes),
            MaxPixels = arguments.GetValue(maxPixels),
        };
        RunEvaluation evaluation = terminal.WithProgress(progress => Evaluation.Run(request, opened, progress, terminal.Cancellation));
        if (sheet is not null && evaluation.Cells.Count > 0)
            WriteSheet(evaluation, sheet);
        terminal.Result(evaluation.ToJson, text =>
        {
            EvaluationText.Show(evaluation, text);
            if (evaluation.Memorization?.Sheet is { } nearest)
                text.Line($"Drawings nearest to a training picture, beside it: {nearest}");
            if (evaluation.Probe?.Sheet is { } probed)
                text.Line($"Pictures drawn again from ever more components: {probed}");
            if (sheet is not null && evaluation.Cells.Count > 0)
                text.Line($"Drawings beside the truth: {sheet}");
        });
        return ExitCode.Ok;
    }

    internal static void WriteSheet(RunEvaluation evaluation, string path) =>
        AtomicFile.Write(path, PictureEncoder.Png(ContactSheet.Draw(evaluation.Cells, SheetColumns)));
}
