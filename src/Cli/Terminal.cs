using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dalle2.Data;
using Spectre.Console;

namespace Dalle2.Cli;

/// <summary>
/// Where a verb writes: results to standard output, progress and notices to standard error. With <c>--json</c> standard output gets one JSON
/// document and nothing else.
/// </summary>
sealed class Terminal(TextWriter output, TextWriter error, bool json, CancellationToken cancellation)
{
    // Without a terminal nothing is wrapped: what reads the lines may be a program.
    const int Unlimited = 400;

    static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Set when the user asks to stop.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>A number for JSON, which knows neither NaN nor infinity: they become null.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>A sentence beside the results.</summary>
    public void Notice(string sentence) => error.WriteLine(VisibleText.OfLines(sentence));

    /// <summary>Says what failed, as the program's faults are said.</summary>
    public int Fail(string sentence)
    {
        error.WriteLine($"dalle2: {VisibleText.OfLines(sentence)}");
        return ExitCode.Failed;
    }

    /// <summary>Gives the result: the document, or what a person reads.</summary>
    public void Result(Func<JsonNode> document, Action<TerminalText> text)
    {
        if (json)
            output.WriteLine(document().ToJsonString(Indented));
        else
            text(new TerminalText(CreateConsole(output), output));
    }

    /// <summary>Runs long work with its progress shown: live on a terminal, otherwise as lines.</summary>
    public T WithProgress<T>(Func<ProgressDisplay, T> work)
    {
        if (!IsTerminal(error))
            return work(new PlainProgress(error));
        IAnsiConsole console = CreateConsole(error);
        return console.Profile.Capabilities.Ansi ? LiveProgress.Run(console, work) : work(new PlainProgress(error));
    }

    static bool IsTerminal(TextWriter writer) =>
        (ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected)
        || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected);

    static IAnsiConsole CreateConsole(TextWriter writer)
    {
        bool terminal = IsTerminal(writer);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
            console.Profile.Width = Unlimited;
        return console;
    }
}
