using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dalle2.Cli.Studio;
using Dalle2.Data;

namespace Dalle2.Cli;

/// <summary><c>serve</c>: the studio, a page on which runs are drawn with, trained, watched and measured.</summary>
sealed class ServeVerb : Verb
{
    const int DefaultPort = 7070, LastPort = 65535, TokenBytes = 16;

    readonly Argument<string> runs = new("RUNS")
    {
        Description = "The folder of runs, each a folder in it; or one run.",
        DefaultValueFactory = _ => "runs",
    };
    readonly Option<string> host = VerbOptions.Text("--host", "ADDRESS", "127.0.0.1",
        "The address to listen at: of this machine alone by default; 0.0.0.0 for every one that it has. Where others can reach it, the "
        + "address has a token, and who knows it can do all that the studio can.");
    readonly Option<int> port = VerbOptions.Count("--port", DefaultPort, 0, LastPort, "The port; 0 takes a free one.");
    readonly Option<string[]> data = new("--data")
    {
        Description = "Data of your own to offer for training, as for 'train'; may be given several times. [default: the built-in sets]",
        HelpName = "D",
    };
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> threads = VerbOptions.Threads();

    public ServeVerb()
        : base("serve", "Open the studio: a page to draw, train, watch and measure, for a browser on this machine.")
    {
        Arguments.Add(runs);
        foreach (Option option in (Option[])[host, port, data, device, threads])
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 serve", "dalle2 serve runs/demo --port 8000", "dalle2 serve runs --data my-pictures --data captions.csv"];

    public override IReadOnlyList<string> Notes =>
    [
        "What is drawn is kept in RUN/gallery; each PNG says how it was drawn, and 'dalle2 generate --again' draws it again. One job runs "
        + "at a time on a device, the others wait. A closed page stops nothing; Ctrl-C closes the studio, and a training that runs saves a "
        + "checkpoint. The page loads nothing from elsewhere.",
        "JSON: {address, runs}, before the first request is answered.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string folder = Path.GetFullPath(arguments.GetRequiredValue(runs)), address = arguments.GetRequiredValue(host);
        if (File.Exists(folder))
            throw new UserInputException($"{folder}: is a file; name a folder of runs");
        bool isLocal = StudioServer.IsLoopback(address);
        var options = new StudioOptions(folder, address, arguments.GetValue(port), Known.Device(arguments.GetRequiredValue(device)),
            arguments.GetValue(threads), StudioOptions.Offer(arguments.GetValue(data) ?? []),
            isLocal ? null : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes)));
        using StudioServer server = StudioServer.Start(options);
        terminal.Result(
            () => new JsonObject { ["address"] = server.Address, ["runs"] = folder },
            text => text.Line($"Studio: {server.Address}"));
        if (!isLocal)
            terminal.Notice($"{address} can be reached by others: who knows the address with its token can draw, train and stop trainings");
        if (!Directory.Exists(folder))
            terminal.Notice($"{folder} is not there yet: the first training makes it");
        terminal.Notice("Ctrl-C closes it; a training that runs saves a checkpoint first");
        terminal.Cancellation.WaitHandle.WaitOne();
        return ExitCode.Ok;
    }
}
