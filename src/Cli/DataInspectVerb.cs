using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tensors;

namespace Dalle2.Cli;

/// <summary><c>data inspect</c>: counts, captions, words, broken samples, a contact sheet.</summary>
sealed class DataInspectVerb : Verb
{
    const int BrokenShown = 20;
    const int SheetColumns = 6;

    readonly Argument<string> spec = new("DATA")
    {
        Description =
        "A built-in name, a folder of pictures with .txt captions, a .csv, .tsv or .jsonl of paths and captions, .parquet files, "
        + ".tar archives (SET-{00..07}.tar), a folder of MNIST's idx files, or a COCO captions .json."
    };
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "Also write a contact sheet, a .png with captions beneath. [default: none]");
    readonly Option<int> count = VerbOptions.Count("--count", 24, 1, 1000, "Pictures on the sheet, spread over the training split.");
    readonly Option<int> side = VerbOptions.Count("--side", 64, 4, 1024,
        "The side that the sheet's pictures are resized to, in pixels: what a model of that size would see.");
    readonly Option<string?> images = VerbOptions.OptionalText("--images", "DIR",
        "Tables, Parquet and COCO: the folder of the pictures. [default: beside the file]");
    readonly Option<string?> imageColumn = VerbOptions.ImageColumn(), captionColumn = VerbOptions.CaptionColumn();
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels();

    public DataInspectVerb()
        : base("inspect", "Read a whole data set: samples, caption lengths, words, broken samples and why, a contact sheet.")
    {
        Arguments.Add(spec);
        foreach (Option option in new Option[] { output, count, side, images, imageColumn, captionColumn, maxPixels })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 data inspect shapes --out sheet.png", "dalle2 data inspect my-pictures --json"];

    public override IReadOnlyList<string> Notes =>
    [
        "JSON: {name, splits:{NAME:{count, broken}}, captionLengths:{WORDS: captions}, meanCaptionLength, vocabularySize, "
        + "frequentWords:{WORD: count}, unknownWords:[...], broken:[{split, source, reason}], sheet}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string? path = arguments.GetValue(output) is { } name ? PictureFile.RequirePng(name) : null;
        IDataSet set = DataSets.Open(arguments.GetRequiredValue(spec), new DataSetOptions
        {
            ImagesFolder = arguments.GetValue(images),
            ImageColumn = arguments.GetValue(imageColumn),
            CaptionColumn = arguments.GetValue(captionColumn),
            MaxPixels = arguments.GetValue(maxPixels) ?? PictureDecoder.DefaultMaxPixels,
        });
        Inspection found = terminal.WithProgress(progress => Inspection.Of(set, progress: progress.Preparing));
        if (path is not null)
            WriteSheet(set, arguments.GetValue(count), arguments.GetValue(side), path);
        terminal.Result(() => ToJson(found, path), text => Show(found, path, text));
        return ExitCode.Ok;
    }

    static void WriteSheet(IDataSet set, int wanted, int side, string path)
    {
        var cells = new List<ContactCell>();
        string split = set.Splits[0];
        foreach (int index in Philox.Permutation(RandomKey.Named(0, 0, "sheet"), set.Count(split)))
        {
            if (cells.Count == wanted)
                break;
            try
            {
                cells.Add(new ContactCell(set.Caption(split, index), [("", set.Load(split, index, side))]));
            }
            catch (BrokenSampleException)
            {
                // The inspection lists it.
                continue;
            }
        }

        if (cells.Count == 0)
            throw new UserInputException($"{set.Name}: none of the {set.Count(split)} samples of '{split}' can be shown, all are broken");
        AtomicFile.Write(path, PictureEncoder.Png(ContactSheet.Draw(cells, SheetColumns)));
    }

    static JsonObject ToJson(Inspection found, string? sheet) => new()
    {
        ["name"] = found.Name,
        ["splits"] = new JsonObject(found.Splits.Select(split =>
        KeyValuePair.Create(split.Split, (JsonNode?)new JsonObject { ["count"] = split.Count, ["broken"] = split.Broken }))),
        ["captionLengths"] = new JsonObject(found.CaptionLengths.Select(length =>
        KeyValuePair.Create(length.Words.ToString(CultureInfo.InvariantCulture), (JsonNode?)length.Captions))),
        ["meanCaptionLength"] = found.MeanCaptionLength,
        ["vocabularySize"] = found.VocabularySize,
        ["frequentWords"] = new JsonObject(found.FrequentWords.Select(word => KeyValuePair.Create(word.Word, (JsonNode?)word.Count))),
        ["unknownWords"] = new JsonArray([.. found.UnknownWords.Select(word => JsonValue.Create(word))]),
        ["broken"] = new JsonArray([.. found.Broken.Select(broken =>
        new JsonObject { ["split"] = broken.Split, ["source"] = broken.Source, ["reason"] = broken.Reason })]),
        ["sheet"] = sheet,
    };

    static void Show(Inspection found, string? sheet, TerminalText text)
    {
        text.Table(["split", ">samples", ">broken"],
            found.Splits.Select(split => (string[])[split.Split, $"{split.Count}", $"{split.Broken}"]));
        text.Line($"Captions: {found.MeanCaptionLength.ToString("F1", CultureInfo.InvariantCulture)} words on average"
            + (found.CaptionLengths.Count > 0 ? $", {found.CaptionLengths[0].Words} to {found.CaptionLengths[^1].Words}" : "") + ".");
        text.Line($"Words in the training split: {found.VocabularySize}; most frequent: "
            + string.Join(", ", found.FrequentWords.Select(word =>
                $"{(char.IsPunctuation(word.Word[0]) ? $"'{word.Word}'" : word.Word)} {word.Count}")) + ".");
        if (found.UnknownWords.Count > 0)
            text.Line($"Words that only other splits have: {string.Join(", ", found.UnknownWords)}.");
        foreach (BrokenSample broken in found.Broken.Take(BrokenShown))
            text.Line($"broken: {VisibleText.Of(broken.Source)}: {broken.Reason}");
        if (found.Broken.Count > BrokenShown)
            text.Line($"and {found.Broken.Count - BrokenShown} more broken samples; --json lists all");
        foreach (string notice in found.Notices)
            text.Line($"{char.ToUpperInvariant(notice[0])}{notice[1..]}.");
        if (sheet is not null)
            text.Line($"Contact sheet: {sheet}");
    }
}
