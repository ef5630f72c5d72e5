using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Drawing;
using Dalle2.Training.Runs;

namespace Dalle2.Cli;

/// <summary><c>generate</c>: pictures from text with a trained run, or once more the picture of a file.</summary>
sealed class GenerateVerb : Verb
{
    const int LongestName = 60;

    readonly Argument<string?> run = new("RUN")
    {
        Description = "The folder of a trained run. Not given with --again.",
        Arity = ArgumentArity.ZeroOrOne
    };
    readonly Argument<string[]> prompts = new("PROMPT")
    {
        HelpName = "PROMPT...",
        Description = "What to draw; several prompts give several pictures.",
        Arity = ArgumentArity.ZeroOrMore
    };
    readonly Option<int> count = VerbOptions.Count("--count", 1, 1, 10_000, "Pictures of each prompt.");
    readonly Option<ulong> seed = VerbOptions.Seed("Which pictures: the same seed draws the same ones, on each device.");
    readonly SamplerArguments sampling = new();
    readonly Option<int> rerank = VerbOptions.Count("--rerank", 1, 1, 1000,
        "Draw so many for each picture and keep the one that the run's own encoders find nearest to the prompt.");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "The .png to write, an existing one is replaced; several pictures get -1, -2, ... behind the name. [default: named after the "
        + "prompt, in the current folder]");
    readonly Option<bool> force = VerbOptions.Flag("--force", "Replace existing files also where --out does not name them.");
    readonly Option<bool> sheet = VerbOptions.Flag("--sheet",
        "Also write NAME-sheet.png: all pictures, enlarged, with their prompts beneath.");
    readonly Option<string?> again = VerbOptions.OptionalText("--again", "FILE",
        "Draw the picture of a .png again from its text chunks, bit for bit, and compare. [default: a new picture]");
    readonly Option<string?> otherRun = VerbOptions.OptionalText("--run", "RUN",
        "With --again: where the run is now. [default: where it was]");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<Precision> precision = VerbOptions.Precision();
    readonly Option<int> threads = VerbOptions.Threads();

    public GenerateVerb()
        : base("generate", "Draw pictures from text with a trained run.")
    {
        Arguments.Add(run);
        Arguments.Add(prompts);
        foreach (Option option in (Option[])[count, seed, .. sampling.All, rerank, output, force, sheet, again, otherRun, device, precision,
            threads])
        {
            Options.Add(option);
        }
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 generate runs/demo \"a small red star at the top left on a navy background\" --out star.png",
        "dalle2 generate runs/demo \"a large blue ring\" \"a large red ring\" --count 4 --sheet --out rings.png",
        "dalle2 generate runs/unclip \"a large red ring\" --rerank 8 --out ring.png",
        "dalle2 generate --again star.png",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Each PNG carries the text chunks prompt, seed, number (among the pictures of its prompt, from 0), the sampler's options "
        + "(temperature, guidance...), run, runHash, version and, if it is not float32, precision. Number i of a seed and prompt is the "
        + "same picture whether it is drawn alone or with others; with --rerank N, picture i is the best of "
        + "the numbers N i to N i + N - 1.",
        "JSON: {files, seed, seconds, device}; with --again also identical, whether every pixel is as in the file.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        if (arguments.GetValue(again) is { } file)
            return DrawAgain(arguments, terminal, file);
        if (arguments.GetValue(otherRun) is not null)
        {
            throw new UserInputException(
                "--run belongs to --again; to draw something new write the run before the prompt: dalle2 generate RUN \"a prompt\"");
        }

        if (arguments.GetValue(run) is not { } folder)
            throw new UserInputException("no run is given: dalle2 generate RUN \"a prompt\". See 'dalle2 generate --help'.");
        if (arguments.GetValue(prompts) is not { Length: > 0 } texts)
        {
            throw new UserInputException(
                $"no prompt is given: {CommandFor(folder, "a small red star at the top left on a navy background")}");
        }

        var clock = Stopwatch.StartNew();
        int each = arguments.GetValue(count);
        ulong number = arguments.GetValue(seed);
        string[] files = FileNames(arguments, texts[0], texts.Length * each, arguments.GetValue(sheet));
        FolderAccess.RequireWritableFile(files[0], "Name another file with --out.");
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads),
            arguments.GetValue(precision));
        using PictureGenerator generator = PictureGenerator.Open(folder, opened, terminal.Notice);
        SamplerSettings settings = SamplerSettings.Of(generator.Family, sampling.Given(arguments));
        foreach (string prompt in texts)
            DrawnPictures.ReportReading(generator, prompt, terminal.Notice);

        var cells = new List<ContactCell>();
        for (int p = 0; p < texts.Length; p++)
        {
            var drawn = DrawnPictures.OfPrompt(generator, texts[p], each, arguments.GetValue(rerank), number, settings);
            for (int i = 0; i < each; i++)
            {
                AtomicFile.Write(files[p * each + i], drawn[i].File.Encode(drawn[i].Image));
                cells.Add(new ContactCell(texts[p], [("", drawn[i].Image)]));
            }
        }

        if (arguments.GetValue(sheet))
            AtomicFile.Write(files[^1], PictureEncoder.Png(ContactSheet.Draw(cells, Math.Clamp(each, 4, 8))));
        Report(terminal, files, number, clock.Elapsed.TotalSeconds, opened.Label, identical: null);
        return ExitCode.Ok;
    }

    /// <summary>The command that draws a prompt with a run, to be pasted.</summary>
    internal static string CommandFor(string folder, string prompt) =>
        ShellCommand.Of([.. (string[])["dalle2", "generate", .. folder.StartsWith('-') || prompt.StartsWith('-') ? (string[])["--"] : []],
        folder, prompt]);

    int DrawAgain(ParseResult arguments, Terminal terminal, string file)
    {
        if (arguments.GetValue(run) is not null)
        {
            throw new UserInputException(
                "--again takes run and prompt from the file; leave them out, or say where the run is now with --run");
        }

        foreach (Option option in (Option[])[count, seed, .. sampling.All, rerank, sheet, precision])
        {
            if (arguments.GetResult(option) is { Implicit: false })
            {
                throw new UserInputException(
                    $"{option.Name} makes another picture, and --again draws the same one; leave one of the two out");
            }
        }

        var clock = Stopwatch.StartNew();
        byte[] before = PictureFile.Load(file);
        PictureFile picture = PictureFile.Read(file, before);
        string folder = arguments.GetValue(otherRun) ?? picture.Run;
        string target = arguments.GetValue(output) is { } name
            ? PictureFile.RequirePng(name) : $"{Path.GetFileNameWithoutExtension(file)}-again.png";
        if (arguments.GetValue(output) is null)
            RequireFree([target], arguments.GetValue(force));
        FolderAccess.RequireWritableFile(target, "Name another file with --out.");
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads), picture.Precision);
        if (!Directory.Exists(folder))
            throw new UserInputException($"{folder}: the run that drew {file} is not there; say where it is now with --run");
        using PictureGenerator generator = PictureGenerator.Open(folder, opened, terminal.Notice);
        if (generator.RunHash != picture.RunHash)
        {
            throw new UserInputException($"{folder}: its parameters are {generator.RunHash}, {file} was drawn with "
                + $"{picture.RunHash}. The run was trained further or is another one; name the right one with --run.");
        }

        if (picture.Version != Application.Version)
            terminal.Notice($"{file} was drawn by version {picture.Version}, this is {Application.Version}");

        Image image = DrawnPictures.Again(generator, file, picture);
        byte[] after = picture.Encode(image);
        bool identical = PictureDecoder.Decode(before).Rgba.AsSpan().SequenceEqual(image.Rgba);
        AtomicFile.Write(target, after);
        Report(terminal, [target], picture.Seed, clock.Elapsed.TotalSeconds, opened.Label, identical);
        return identical ? ExitCode.Ok : terminal.Fail($"{target} differs from {file}: its pixels were changed after it was drawn, or this "
            + $"program draws otherwise than version {picture.Version}");
    }

    static void Report(Terminal terminal, string[] files, ulong number, double seconds, string deviceName, bool? identical)
    {
        terminal.Result(
            () =>
            {
                var json = new JsonObject
                {
                    ["files"] = new JsonArray([.. files.Select(file => JsonValue.Create(file))]),
                    ["seed"] = number,
                    ["seconds"] = Math.Round(seconds, 3),
                    ["device"] = deviceName,
                };
                if (identical is { } same)
                    json["identical"] = same;
                return json;
            },
            text =>
            {
                foreach (string file in files)
                    text.Line(identical is true ? $"{file} (every pixel as before)" : file);
            });
    }

    // The pictures' files, and behind them the sheet's.
    string[] FileNames(ParseResult arguments, string prompt, int total, bool withSheet)
    {
        string? named = arguments.GetValue(output);
        string path = PictureFile.RequirePng(named ?? Slug(prompt) + ".png");
        string stem = path[..^Path.GetExtension(path).Length];
        string[] pictures = total == 1 ? [path] : [.. Enumerable.Range(1, total).Select(i => $"{stem}-{i}.png")];
        string[] files = withSheet ? [.. pictures, $"{stem}-sheet.png"] : pictures;
        if (named is null)
            RequireFree(files, arguments.GetValue(force));
        return files;
    }

    static void RequireFree(IEnumerable<string> files, bool replace)
    {
        if (!replace && files.FirstOrDefault(Path.Exists) is { } taken)
            throw new UserInputException($"{taken}: exists already; name a file with --out, or replace it with --force");
    }

    static string Slug(string prompt)
    {
        var slug = new StringBuilder();
        foreach (char letter in prompt.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(letter))
                slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
            if (slug.Length == LongestName)
                break;
        }

        string name = slug.ToString().Trim('-');
        return name.Length > 0 ? name : "picture";
    }
}
