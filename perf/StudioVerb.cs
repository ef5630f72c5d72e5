using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Cli.Studio;
using Dalle2.Data;

namespace Dalle2.Perf;

/// <summary><c>studio</c>: how long the page's files and a drawing take, from the request to the answer, and what memory many drawings leave behind.</summary>
sealed class StudioVerb : Verb
{
    const string Prompt = "a small red star at the top left on a navy background";
    const int PageLoads = 20, Quarters = 4;

    static readonly string[] First =
        ["/", "/page/studio.css", "/page/app.js", "/page/dom.js", "/page/api.js", "/page/draw.js", "/api/studio", "/api/runs"];

    readonly Argument<string> run = new("RUN") { Description = "The folder of a trained run; its gallery gets the drawings." };
    readonly Option<int> drawings = VerbOptions.Count("--drawings", 200, Quarters, 100_000, "Drawings, one after the other.");
    readonly Option<int> threads = VerbOptions.Threads();

    public StudioVerb()
        : base("studio", "Measure the studio: its page, its drawings, its memory.")
    {
        Arguments.Add(run);
        Options.Add(drawings);
        Options.Add(threads);
    }

    public override IReadOnlyList<string> Examples => ["perf/studio runs/demo", "perf/studio runs/demo --drawings 1000"];

    public override IReadOnlyList<string> Notes =>
    [
        "Medians. A drawing is one picture by the sampler's defaults, from its request to the event that says it is done; the first one "
        + "opens the run and compiles kernels. Memory is the process's resident set after the first drawing and after each quarter of the "
        + "others.",
        "JSON: {pageMs, firstMs, drawingMs, drawingMaxMs, drawings, residentMB: [...]}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string folder = Path.GetFullPath(arguments.GetRequiredValue(run));
        var options = new StudioOptions(folder, "127.0.0.1", 0, "cpu", arguments.GetValue(threads), StudioOptions.Offer([]), null);
        using StudioServer server = StudioServer.Start(options);
        using var http = new HttpClient { BaseAddress = new Uri(server.Address), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("X-Dalle2", "studio");
        JsonObject json = Measure(http, Path.GetFileName(folder), arguments.GetValue(drawings), terminal.Cancellation).GetAwaiter(
            ).GetResult();
        terminal.Result(() => json, text =>
        {
            text.Line($"page's files and first data: {json["pageMs"]} ms");
            text.Line($"first drawing: {json["firstMs"]} ms");
            text.Line($"drawing: {json["drawingMs"]} ms, at most {json["drawingMaxMs"]} ms, of {json["drawings"]}");
            text.Line($"resident memory after the first and after each quarter, MB: {string.Join(", ", json["residentMB"]!.AsArray())}");
        });
        return ExitCode.Ok;
    }

    static async Task<JsonObject> Measure(HttpClient http, string run, int count, CancellationToken cancellation)
    {
        var loads = new List<double>();
        for (int i = 0; i < PageLoads; i++)
        {
            long start = Stopwatch.GetTimestamp();
            foreach (string path in First)
                await http.GetByteArrayAsync(path, cancellation);
            loads.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        using HttpResponseMessage events = await http.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead, cancellation);
        using var lines = new StreamReader(await events.Content.ReadAsStreamAsync(cancellation));
        double first = await Draw(http, lines, run, 0, cancellation);
        var resident = new JsonArray(Resident());
        var times = new List<double>();
        for (int i = 1; i <= count; i++)
        {
            times.Add(await Draw(http, lines, run, i, cancellation));
            if (i % (count / Quarters) == 0)
                resident.Add(Resident());
        }

        return new JsonObject
        {
            ["pageMs"] = Median(loads),
            ["firstMs"] = Math.Round(first, 1),
            ["drawingMs"] = Median(times),
            ["drawingMaxMs"] = Math.Round(times.Max(), 1),
            ["drawings"] = count,
            ["residentMB"] = resident,
        };
    }

    static async Task<double> Draw(HttpClient http, StreamReader lines, string run, int seed, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage begun = await http.PostAsJsonAsync(
            "/api/draw", new { run, kind = "text", prompt = Prompt, seed = $"{seed}" }, cancellation);
        JsonNode job = JsonNode.Parse(await begun.Content.ReadAsStringAsync(cancellation))!;
        if (!begun.IsSuccessStatusCode)
            throw new UserInputException((string)job["fault"]!);
        string id = (string)job["id"]!;
        while (await lines.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal) || JsonNode.Parse(line["data: ".Length..]) is not { } news
                || (string?)news["id"] != id)
            {
                continue;
            }

            if ((string?)news["state"] == "failed")
                throw new UserInputException((string)news["fault"]!);
            if ((string?)news["state"] == "done")
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        throw new IOException("the studio's events ended before the drawing did");
    }

    static double Median(List<double> values) => Math.Round(values.Order().ElementAt(values.Count / 2), 1);

    static JsonValue Resident()
    {
        using var process = Process.GetCurrentProcess();
        return JsonValue.Create(process.WorkingSet64 >> 20);
    }
}
