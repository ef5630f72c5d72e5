using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Conversion;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Cli;

/// <summary><c>data convert</c>: the same captioned pictures in another form.</summary>
sealed class DataConvertVerb : Verb
{
    const int BrokenShown = 20;

    readonly Argument<string> spec = new("DATA") { Description = "What to read: whatever --data takes (dalle2 data inspect --help)." };
    readonly Argument<string> target = new("TARGET")
    {
        Description = "What to write; its name says the form: a folder of pictures with .txt captions, a .csv, .tsv or .jsonl with the "
            + "pictures in a folder of its name beside it, "
            + "a .parquet as Hugging Face's data sets have, a .tar, or several, SET-{00..07}.tar."
    };
    readonly Option<bool> force = VerbOptions.Flag("--force",
        "Replace what is there: files, and folders that hold nothing but pictures and captions.");
    readonly Option<int> side = VerbOptions.Count("--side", 64, 4, 4096,
        "Generated sets: pixels across and down. Other pictures keep theirs, and their files.");
    readonly Option<int?> count = VerbOptions.OptionalCount("--count", int.MaxValue,
        "Samples of the training split at most; of a generated set, how many. [default: all; shapes 6,000, shapes2 20,000]");
    readonly Option<ulong> seed = VerbOptions.Seed("Generated sets: other seeds, other samples.");
    readonly Option<string?> images = VerbOptions.OptionalText("--images", "DIR",
        "Tables, Parquet and COCO: the folder of the pictures. [default: beside the file]");
    readonly Option<string?> imageColumn = VerbOptions.ImageColumn(), captionColumn = VerbOptions.CaptionColumn();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels();

    public DataConvertVerb()
        : base("convert", "Write a data set in another form: folder, table, Parquet, archives.")
    {
        Arguments.Add(spec);
        Arguments.Add(target);
        foreach (Option option in new Option[] { force, side, count, seed, images, imageColumn, captionColumn, maxPixels })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "dalle2 data convert my-pictures my-pictures.parquet", "dalle2 data convert train-00000-of-00002.parquet my-pictures",
        "dalle2 data convert shapes 'shapes-{00..07}.tar' --side 32",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "Pictures' files are copied as they are; pictures of emoji, fashion and idx files, and generated ones, become PNG. Names, captions "
        + "and splits stay, so that your own pictures train to the same bits in each form; broken samples are left out. TARGET is written "
        + "whole or not at all.",
        "JSON: {form, files:[...], pictures, splits:{NAME:{count, broken}}, broken:[{split, source, reason}], notices:[...]}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        IDataSet set = DataSets.Open(arguments.GetRequiredValue(spec), new DataSetOptions
        {
            Count = arguments.GetValue(count),
            Seed = arguments.GetValue(seed),
            ImagesFolder = arguments.GetValue(images),
            ImageColumn = arguments.GetValue(imageColumn),
            CaptionColumn = arguments.GetValue(captionColumn),
            MaxPixels = arguments.GetValue(maxPixels) ?? PictureDecoder.DefaultMaxPixels,
        });
        ConversionResult result = terminal.WithProgress(progress => DataConversion.Run(set, arguments.GetRequiredValue(target),
            arguments.GetValue(side), arguments.GetValue(force), progress.Preparing, terminal.Cancellation));
        terminal.Result(() => ToJson(result), text => Show(set, result, text));
        return ExitCode.Ok;
    }

    static JsonObject ToJson(ConversionResult result) => new()
    {
        ["form"] = result.Form,
        ["files"] = new JsonArray([.. result.Files.Select(file => JsonValue.Create(file))]),
        ["pictures"] = result.Pictures,
        ["splits"] = new JsonObject(result.Splits.Select(split =>
            KeyValuePair.Create(split.Split, (JsonNode?)new JsonObject { ["count"] = split.Count, ["broken"] = split.Broken }))),
        ["broken"] = new JsonArray([.. result.Broken.Select(broken =>
            new JsonObject { ["split"] = broken.Split, ["source"] = broken.Source, ["reason"] = broken.Reason })]),
        ["notices"] = new JsonArray([.. result.Notices.Select(notice => JsonValue.Create(notice))]),
    };

    static void Show(IDataSet set, ConversionResult result, TerminalText text)
    {
        foreach (BrokenSample broken in result.Broken.Take(BrokenShown))
            text.Line($"broken: {VisibleText.Of(broken.Source)}: {broken.Reason}");
        if (result.Broken.Count > 0)
        {
            text.Line($"{result.Broken.Count} broken samples were left out"
                + (result.Broken.Count > BrokenShown ? $", of which {BrokenShown} are listed here; --json lists all." : "."));
        }

        foreach (string notice in set.Notices.Concat(result.Notices))
            text.Line($"{char.ToUpperInvariant(notice[0])}{notice[1..]}.");
        string splits = string.Join(", ", result.Splits.Select(split => $"{split.Split} {split.Count - split.Broken}"));
        text.Line($"Wrote {result.Pictures} pictures to {string.Join(", ", result.Files.Take(3))}"
            + (result.Files.Count > 3 ? $" and {result.Files.Count - 3} more" : "") + $"; samples: {splits}.");
    }
}
