using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary>A verb that draws from image embeddings: its options, and how its pictures are drawn and written.</summary>
abstract class EmbeddingVerb : Verb
{
    readonly Argument<string> run = new("RUN")
    {
        Description = "The folder of a trained run, of a model that draws from image embeddings."
    };
    readonly Option<ulong> seed = VerbOptions.Seed("Which pictures: the same seed draws the same ones, on each device.");
    readonly SamplerArguments sampling = new();
    readonly Option<string?> output;
    readonly Option<bool>? sheet;
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly string defaultName;

    /// <summary>A verb.</summary>
    /// <param name="name">Its name, and that of what it writes by default.</param>
    /// <param name="description">What it does, in a sentence.</param>
    /// <param name="hasSheet">True to write a sheet always, false to write one if it is asked for.</param>
    /// <param name="own">Its own arguments and options.</param>
    private protected EmbeddingVerb(string name, string description, bool hasSheet, params Symbol[] own)
        : base(name, description)
    {
        defaultName = $"{name}.png";
        sheet = hasSheet ? null : VerbOptions.Flag("--sheet", "Also write NAME-sheet.png: all pictures in a row, enlarged.");
        output = VerbOptions.OptionalText("--out", "FILE",
            $"The .png to write, existing ones are replaced; several pictures get -1, -2, ... behind the name{(hasSheet
            ? ", the sheet -sheet" : "")}. [default: {defaultName}]");
        foreach (Argument argument in (Argument[])[run, .. own.OfType<Argument>()])
            Arguments.Add(argument);
        foreach (Option? option in (Option?[])[.. own.OfType<Option>(), seed, .. sampling.All, output, sheet, device, precision, threads])
        {
            if (option != null)
                Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Notes =>
    [
        "Each PNG has the text chunks of 'dalle2 generate', and what it was drawn from: 'dalle2 generate --again FILE' draws it again, bit "
        + "for bit.",
        "JSON: {files, seed, seconds, device}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        var clock = Stopwatch.StartNew();
        string folder = arguments.GetRequiredValue(run);
        int pictures = Count(arguments);
        ulong number = arguments.GetValue(seed);
        string path = PictureFile.RequirePng(arguments.GetValue(output) ?? defaultName), stem = path[..^Path.GetExtension(path).Length];
        string[] files = pictures == 1 ? [path] : [.. Enumerable.Range(1, pictures).Select(i => $"{stem}-{i}.png")];
        FolderAccess.RequireWritableFile(files[0], "Name another file with --out.");
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        using PictureGenerator generator = PictureGenerator.Open(folder, opened, terminal.Notice);
        SamplerSettings settings = SamplerSettings.Of(generator.Family, Complete(arguments, sampling.Given(arguments)));
        DrawingPlan plan = Prepare(arguments, terminal, new EmbeddingSource(generator, number, settings, terminal.Notice));
        var cells = new List<ContactCell>(plan.Shown);
        int written = 0;
        double? error = null;
        foreach (var (frame, values, image) in plan.Draw(generator, number, settings))
        {
            cells.Add(new ContactCell(frame.Caption ?? frame.Title, [("", image)]));
            if (frame.IsShownOnly)
                error = plan.Source is { } source ? RootMeanSquare(values, source.Pixels) : null;
            else
                AtomicFile.Write(files[written++], plan.FileOf(frame, generator, number, settings).Encode(image));
        }

        if (sheet == null || arguments.GetValue(sheet))
        {
            files = [.. files, $"{stem}-sheet.png"];
            AtomicFile.Write(files[^1], PictureEncoder.Png(ContactSheet.Draw(cells, Math.Clamp(cells.Count, 4, 8))));
        }

        if (error is { } off)
        {
            terminal.Notice(string.Create(
                CultureInfo.InvariantCulture, $"drawn again without a change, it is off by {off:F3} (root mean square)"));
        }

        terminal.Result(
            () =>
            {
                var json = new JsonObject
                {
                    ["files"] = new JsonArray([.. files.Select(file => JsonValue.Create(file))]),
                    ["seed"] = number,
                    ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
                    ["device"] = opened.Label,
                };
                if (error is { } value)
                    json["error"] = value;
                return json;
            },
            text => Array.ForEach(files, text.Line));
        return ExitCode.Ok;
    }

    // Of values in [0, 1].
    static double RootMeanSquare(float[] drawn, float[] truth)
    {
        double sum = 0;
        for (int i = 0; i < drawn.Length; i++)
            sum += Math.Pow(Math.Clamp(drawn[i], 0f, 1f) - truth[i], 2);
        return Math.Sqrt(sum / drawn.Length);
    }

    /// <summary>How many pictures are written.</summary>
    private protected abstract int Count(ParseResult arguments);

    /// <summary>What is drawn, and what a sheet shows before it.</summary>
    private protected abstract DrawingPlan Prepare(ParseResult arguments, Terminal terminal, EmbeddingSource source);

    /// <summary>The values of the sampler's options, once those that were given are known.</summary>
    private protected virtual IReadOnlyDictionary<string, string> Complete(
        ParseResult arguments, IReadOnlyDictionary<string, string> given) => given;
}
