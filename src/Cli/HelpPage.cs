using System.CommandLine;
using System.CommandLine.Invocation;

namespace Dalle2.Cli;

/// <summary>What <c>--help</c> prints: usage, arguments, every option with its default, notes, examples.</summary>
sealed class HelpPage : SynchronousCommandLineAction
{
    const int Width = 110;
    const int Column = 30;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult) =>
        Print(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);

    /// <summary>Prints the page of a command.</summary>
    public static int Print(Command command, TextWriter output)
    {
        output.WriteLine(command.Description);
        output.WriteLine();
        string arguments = string.Concat(command.Arguments.Select(Usage));
        output.WriteLine($"Usage: {Application.CommandPath(command)}{(command.Subcommands.Count > 0 ? " VERB" : "")}{arguments} [options]");
        Section(output, "Verbs", command.Subcommands.SelectMany(Rows));
        Section(output, "Arguments", command.Arguments.Select(argument =>
            (argument.HelpName ?? argument.Name, argument.Description ?? "")));
        Section(output, "Options", command.Options.OrderBy(option => option.Name is "--json" or "--help")
            .Select(option => (Label(option), Describe(option))));
        var verb = command as Verb;
        foreach (string note in verb?.Notes ?? [])
        {
            output.WriteLine();
            Wrap(output, "", 0, note);
        }

        IReadOnlyList<string> examples = verb?.Examples
            ?? [.. command.Subcommands.SelectMany(sub => sub is Verb v ? v.Examples.Take(1) : sub.Subcommands.OfType<Verb>().Take(1)
            .SelectMany(s => s.Examples.Take(1)))];
        output.WriteLine();
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (string example in examples)
            output.WriteLine($"  {example}");
        if (verb is null)
        {
            output.WriteLine();
            output.WriteLine($"'{Application.CommandPath(command)} VERB --help' shows a verb's options with their defaults. Exit codes: 0 "
                + "ok, 1 failed, 2 wrong usage.");
        }

        return ExitCode.Ok;
    }

    static IEnumerable<(string, string)> Rows(Command command) =>
        command.Subcommands.Count > 0 ? command.Subcommands.Select(sub => ($"{command.Name} {sub.Name}", sub.Description ?? ""))
        : [(command.Name, command.Description ?? "")];

    static string Usage(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    }

    static string Label(Option option) =>
        string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Prepend(option.Name))
        + (option.HelpName is { } value ? $" {value}" : "");

    static string Describe(Option option) =>
        option.Arity.MaximumNumberOfValues > 0 && option.HasDefaultValue && option.GetDefaultValue() is { } value and not Array
            ? $"{option.Description} [default: {Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)}]"
            : option.Description ?? "";

    static void Section(TextWriter output, string title, IEnumerable<(string Label, string Text)> rows)
    {
        bool first = true;
        foreach ((string label, string text) in rows)
        {
            if (first)
            {
                output.WriteLine();
                output.WriteLine($"{title}:");
                first = false;
            }

            Wrap(output, $"  {label}", Column, text);
        }
    }

    static void Wrap(TextWriter output, string label, int indent, string text)
    {
        string line = label.PadRight(indent);
        bool fresh = true;
        if (label.Length >= indent && indent > 0)
        {
            output.WriteLine(label);
            line = new string(' ', indent);
        }

        foreach (string word in text.Split(' '))
        {
            if (!fresh && line.Length + 1 + word.Length > Width)
            {
                output.WriteLine(line);
                line = new string(' ', indent);
                fresh = true;
            }

            line += fresh ? word : $" {word}";
            fresh = false;
        }

        output.WriteLine(line);
    }
}
