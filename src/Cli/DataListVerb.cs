using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Sets;

namespace Dalle2.Cli;

/// <summary><c>data list</c>: the built-in sets, and which of them are here.</summary>
sealed class DataListVerb() : Verb("list", "List the built-in data sets and whether they are on this machine.")
{
    public override IReadOnlyList<string> Examples => ["dalle2 data list"];

    public override IReadOnlyList<string> Notes =>
    [
        "--data also takes a folder of pictures, each with a .txt of the same name, a .csv, .tsv or .jsonl of pictures' paths and "
        + "captions, a folder with a metadata file of these kinds, .parquet files as Hugging Face's data sets "
        + "have, .tar archives of pictures and captions (SET-{00..07}.tar), a folder of MNIST's idx files, and a COCO "
        + "captions .json.",
        "JSON: [{name, description, available, reason, splits:{NAME: count}}].",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        var sets = DataSets.BuiltIn.Select(set => (set.Name, set.Description, Opened: Open(set.Name))).ToArray();
        terminal.Result(
            () => new JsonArray([.. sets.Select(set => new JsonObject
            {
                ["name"] = set.Name,
                ["description"] = set.Description,
                ["available"] = set.Opened.Set is not null,
                ["reason"] = set.Opened.Reason,
                ["splits"] = new JsonObject(Splits(set.Opened.Set)
                .Select(split => KeyValuePair.Create(split.Name, (JsonNode?)split.Count))),
            })]),
            text =>
            {
                text.Table(["data set", "here", "what it is", "samples"], sets.Select(set => (string[])
                    [set.Name, set.Opened.Set is null ? "no" : "yes", set.Description,
                    string.Join(", ", Splits(set.Opened.Set).Select(split => $"{split.Name} {split.Count}"))]));
                foreach (var set in sets.Where(set => set.Opened.Set is null))
                    text.Line($"{set.Name}: {set.Opened.Reason}");
                text.Line("Your own: a folder of pictures, each with a .txt of the same name; a .csv, .tsv or .jsonl of paths and "
                    + "captions; .parquet files; .tar archives of pictures and captions (SET-{00..07}.tar); MNIST's idx files; "
                    + "a COCO captions .json.");
            });
        return ExitCode.Ok;
    }

    static (IDataSet? Set, string Reason) Open(string name)
    {
        try
        {
            return (DataSets.Open(name), "");
        }
        catch (UserInputException missing)
        {
            return (null, missing.Message);
        }
    }

    static IEnumerable<(string Name, int Count)> Splits(IDataSet? set) =>
        set is null ? [] : set.Splits.Select(split => (split, set.Count(split)));
}
