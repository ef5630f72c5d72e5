using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Data.Emoji;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;

namespace Dalle2.Cli;

/// <summary><c>data get</c>: fetches a set, and shows that it opens.</summary>
sealed class DataGetVerb : Verb
{
    readonly Argument<string> name = new("NAME") { Description = $"One of {string.Join(", ", DataSets.BuiltIn.Select(set => set.Name))}." };
    readonly Option<string?> from = VerbOptions.OptionalText("--from", "DIR",
        "A folder that has the files already: nothing is downloaded. [default: the npm registry for emoji]");
    readonly Option<string> folder = VerbOptions.Text("--data-folder", "DIR", DataFolder.Default, "Where fetched sets are kept.");

    public DataGetVerb()
        : base("get", "Fetch a built-in data set and check it.")
    {
        Arguments.Add(name);
        Options.Add(from);
        Options.Add(folder);
    }

    public override IReadOnlyList<string> Examples => ["dalle2 data get emoji", "dalle2 data get emoji --from ~/Downloads"];

    public override IReadOnlyList<string> Notes =>
    [
        "emoji: 147 MB through npm, packed once. fashion: comes with Debian's package dataset-fashion-mnist, or from your own files. "
        + "shapes and shapes2 are generated. Another folder than the default must be told to every verb in the variable D2_DATA.",
        "JSON: {name, splits:{NAME: count}}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string chosen = Known.Require("data set to get", arguments.GetRequiredValue(name), DataSets.BuiltIn.Select(one => one.Name));
        string target = arguments.GetRequiredValue(folder);
        string? source = arguments.GetValue(from);
        if (source is not null && !Directory.Exists(source))
            throw new UserInputException($"--from {source}: there is no such folder");
        if (chosen.StartsWith("shapes", StringComparison.Ordinal))
            terminal.Notice($"{chosen} is generated: there is nothing to get");
        else if (chosen == "emoji" && source is null)
            EmojiDownload.Run(target, package => terminal.Notice($"fetching {package}..."));
        IDataSet set = DataSets.Open(chosen, new DataSetOptions { From = source, DataFolder = target });
        terminal.Result(
            () => new JsonObject
            {
                ["name"] = chosen,
                ["splits"] = new JsonObject(set.Splits.Select(split => KeyValuePair.Create(split, (JsonNode?)set.Count(split))))
            },
            text =>
            text.Line(
            $"{chosen} is ready: {string.Join(", ", set.Splits.Select(split => $"{set.Count(split)} captioned pictures in '{split}'"))}. Look at it with: {(target == DataFolder.Default ? "" : $"D2_DATA={ShellCommand.Quote(target)} ")}dalle2 data inspect {chosen} --out sheet.png"));
        return ExitCode.Ok;
    }
}
