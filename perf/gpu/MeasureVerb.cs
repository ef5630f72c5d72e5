using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dalle2.Cli;

namespace Dalle2.Card;

/// <summary><c>measure</c>: all parts of the report, one process each, into one JSON and one Markdown file.</summary>
sealed class MeasureVerb : Verb
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    readonly Option<string> output = VerbOptions.Text("--out", "FOLDER", ".", "Where report.json and report.md go.");
    readonly Option<int> seconds = VerbOptions.Count("--seconds", 480, 10, 86_400, "The longest that all of it may take.");

    public MeasureVerb()
        : base("measure", "Measure this machine's cards: tests, bits, roofline, ops, PyTorch, training steps, drawing and memory.")
    {
        Options.Add(output);
        Options.Add(seconds);
    }

    public override IReadOnlyList<string> Examples => ["./run", "./run measure --out results"];

    public override IReadOnlyList<string> Notes =>
    [
        "Nothing but the card's driver is needed. A part that needs a card where there is none says 'not measured' and why. Both files are "
        + "written anew after each part; 'awaits' is there where there is no card. Exit code 1 if a part failed.",
        "JSON: {date, machine, plan:[{section, seconds}], awaits:{reason, parts:{NAME: what}}, sections:{NAME: {title, status, reason, "
        + "seconds, tables:[{title, columns, rows}]}}}; status is measured, not measured, or failed.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string folder = arguments.GetRequiredValue(output);
        Directory.CreateDirectory(folder);
        long start = Stopwatch.GetTimestamp();
        var sections = new JsonObject();
        var document = new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["machine"] = $"{Environment.ProcessorCount} logical cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, "
            + $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}",
            ["sections"] = sections,
        };
        document["plan"] = new JsonArray([.. Section.All.Select(section =>
            new JsonObject { ["section"] = section.Name, ["seconds"] = section.Seconds })]);
        if (Section.NoCard is { } none)
        {
            document["awaits"] = new JsonObject
            {
                ["reason"] = none,
                ["parts"] = new JsonObject(Section.All.Select(section => KeyValuePair.Create(section.Name, (JsonNode?)section.Awaits)))
            };
        }

        terminal.Notice(
            $"at most {arguments.GetValue(seconds)} s: "
            + $"{string.Join(", ", Section.All.Select(section => $"{section.Name} {section.Seconds} s"))}");
        foreach (Section section in Section.All)
        {
            double left = arguments.GetValue(seconds) - Stopwatch.GetElapsedTime(start).TotalSeconds;
            long begin = Stopwatch.GetTimestamp();
            JsonObject result = left < 5 ? Section.NotMeasured("no time was left")
                : InItsOwnProcess(section, Math.Min(section.Seconds, left));
            result["title"] = section.Title;
            result["seconds"] = Math.Round(Stopwatch.GetElapsedTime(begin).TotalSeconds, 1);
            sections[section.Name] = result;
            terminal.Notice($"{section.Name}: {result["status"]}{(result["reason"] is { } reason ? $": {reason}" : "")}");
            Write(folder, document);
        }

        JsonObject beside = Beside.Of(sections);
        beside["title"] = Beside.Title;
        beside["seconds"] = 0;
        sections[Beside.Name] = beside;
        Write(folder, document);
        terminal.Result(() => document, text => text.Line(
            $"written: {Path.Combine(folder, "report.json")}, {Path.Combine(folder, "report.md")}"));
        return sections.Any(section => (string?)section.Value!["status"] == "failed") ? ExitCode.Failed : ExitCode.Ok;
    }

    static void Write(string folder, JsonObject document)
    {
        File.WriteAllText(Path.Combine(folder, "report.json"), document.ToJsonString(Indented));
        File.WriteAllText(Path.Combine(folder, "report.md"), ReportText.Markdown(document));
    }

    static JsonObject InItsOwnProcess(Section section, double limit)
    {
        string self = Environment.ProcessPath!;
        string[] command = Path.GetFileNameWithoutExtension(self) == "dotnet"
            ? [typeof(MeasureVerb).Assembly.Location, "section", section.Name] : ["section", section.Name];
        using Process process = Process.Start(new ProcessStartInfo(self, command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), complained = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(limit)))
        {
            process.Kill(entireProcessTree: true);
            return Failed($"it was stopped after {limit:F0} s");
        }

        string last = said.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
        return process.ExitCode == 0 && last.StartsWith('{') ? JsonNode.Parse(last)!.AsObject()
            : Failed($"it ended with code {process.ExitCode}: {complained.Result.Trim()}");
    }

    static JsonObject Failed(string reason) => new() { ["status"] = "failed", ["reason"] = reason };
}
