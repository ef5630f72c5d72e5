using System.CommandLine;

namespace Dalle2.Cli;

/// <summary>One verb: its options and arguments, what <c>--help</c> says beside them, and what it does.</summary>
abstract class Verb : Command
{
    protected Verb(string name, string description)
        : base(name, description) => Options.Add(Json);

    /// <summary>Command lines to copy, shown below the options.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>What else is to be known, shown below the options: the keys of the JSON document, files written.</summary>
    public abstract IReadOnlyList<string> Notes { get; }

    /// <summary>Whether one JSON document is all that goes to standard output.</summary>
    public Option<bool> Json { get; } = VerbOptions.Flag("--json", "Print one JSON document on standard output and nothing else there.");

    /// <summary>Does the work.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public abstract int Run(ParseResult arguments, Terminal terminal);
}
