using System.CommandLine;
using System.Diagnostics;
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
    readonly Option<int> count;
    readonly Option<ulong> seed = VerbOptions.Seed("Which pictures: the same seed draws the same ones, on each device.");
    readonly SamplerArguments sampling = new();
    readonly Option<string?> output;
    readonly Option<bool> sheet = VerbOptions.Flag("--sheet", "Also write NAME-sheet.png: all pictures in a row, enlarged.");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly string defaultName;

    private protected EmbeddingVerb(string name, string description, Option<int> count, params Argument<string>[] own)
        : base(name, description)
    {
        this.count = count;
        defaultName = $"{name}.png";
        output = VerbOptions.OptionalText("--out", "FILE",
            $"The .png to write, existing ones are replaced; several pictures get -1, -2, ... behind the name. [default: {defaultName}]");
        Arguments.Add(run);
        foreach (Argument<string> argument in own)
            Arguments.Add(argument);
        foreach (Option option in (Option[])[count, seed, .. sampling.All, output, sheet, device, precision, threads])
            Options.Add(option);
    }

    public override IReadOnlyList<string> Notes =>
    [
        "Each PNG has the text chunks of 'dalle2 generate', and its embedding: 'dalle2 generate --again FILE' draws it again, bit for bit.",
        "JSON: {files, seed, seconds, device}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        var clock = Stopwatch.StartNew();
        string folder = arguments.GetRequiredValue(run);
        int pictures = arguments.GetValue(count);
        ulong number = arguments.GetValue(seed);
        string path = PictureFile.RequirePng(arguments.GetValue(output) ?? defaultName), stem = path[..^Path.GetExtension(path).Length];
        string[] files = pictures == 1 ? [path] : [.. Enumerable.Range(1, pictures).Select(i => $"{stem}-{i}.png")];
        FolderAccess.RequireWritableFile(files[0], "Name another file with --out.");
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        using PictureGenerator generator = PictureGenerator.Open(folder, opened, terminal.Notice);
        SamplerSettings settings = SamplerSettings.Of(generator.Family, sampling.Given(arguments));
        Plan plan = Prepare(arguments, terminal, new Source(generator, number, settings), pictures);
        IReadOnlyList<float[]> drawn = generator.Draw(
            [.. plan.Frames.Select(frame => frame.Embedding)], number, [.. plan.Frames.Select(frame => frame.Number)], settings);
        var cells = new List<ContactCell>(plan.Shown);
        for (int i = 0; i < drawn.Count; i++)
        {
            var (title, embedding, own) = plan.Frames[i];
            Image image = ImageTransform.FromFloats(drawn[i], generator.Config.ImageSide, generator.Config.ImageSide);
            AtomicFile.Write(files[i], new PictureFile(title, number, own, settings.Values, Path.GetFullPath(folder), generator.RunHash,
                Application.Version, opened.Precision, embedding).Encode(image));
            cells.Add(new ContactCell(title, [("", image)]));
        }

        if (arguments.GetValue(sheet))
        {
            files = [.. files, $"{stem}-sheet.png"];
            AtomicFile.Write(files[^1], PictureEncoder.Png(ContactSheet.Draw(cells, Math.Clamp(cells.Count, 4, 8))));
        }

        terminal.Result(
            () => new JsonObject
            {
                ["files"] = new JsonArray([.. files.Select(file => JsonValue.Create(file))]),
                ["seed"] = number,
                ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
                ["device"] = opened.Label,
            },
            text => Array.ForEach(files, text.Line));
        return ExitCode.Ok;
    }

    /// <summary>What is drawn, and what a sheet shows before it.</summary>
    private protected abstract Plan Prepare(ParseResult arguments, Terminal terminal, Source source, int pictures);

    /// <summary>A picture to be drawn.</summary>
    private protected readonly record struct Frame(string Title, float[] Embedding, int Number);

    /// <summary>All of them.</summary>
    private protected sealed record Plan(IReadOnlyList<Frame> Frames, IReadOnlyList<ContactCell> Shown);

    /// <summary>Where embeddings come from.</summary>
    private protected sealed class Source(PictureGenerator generator, ulong seed, SamplerSettings settings)
    {
        /// <summary>The embedding of a picture's file, as the model sees it.</summary>
        public (float[] Embedding, Image Seen) OfPicture(string path)
        {
            Image picture;
            try
            {
                picture = PictureDecoder.Decode(PictureFile.Load(path));
            }
            catch (ImageFormatException fault)
            {
                throw new UserInputException($"{path}: no picture that can be read ({fault.Message}).", fault);
            }

            Rgb color = generator.Config.Background is { } background ? Rgb.Parse(background) : new Rgb(255, 255, 255);
            Image seen = ImageTransform.ToSquare(
                picture, generator.Config.ImageSide, generator.Config.Fit, color.Red, color.Green, color.Blue);
            return (generator.Embed([ImageTransform.ToFloats(seen)])[0], seen);
        }

        /// <summary>The image embedding that a prompt is drawn from.</summary>
        public float[] OfPrompt(string prompt, Terminal terminal)
        {
            GenerateVerb.ReportReading(generator, prompt, terminal);
            return generator.EmbedPrompts([prompt], seed, 0, settings)[0];
        }
    }
}
