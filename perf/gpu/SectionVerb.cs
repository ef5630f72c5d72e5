using System.CommandLine;
using Dalle2.Cli;

namespace Dalle2.Card;

/// <summary><c>section</c>: one part of the report, as the whole one runs it.</summary>
sealed class SectionVerb : Verb
{
    readonly Argument<string> name = new("NAME")
    {
        Description =
        $"The part: {string.Join(", ", Section.All.Select(section => section.Name))}."
    };

    public SectionVerb()
        : base("section", "Measure one part of the report, and print it as JSON.") => Arguments.Add(name);

    public override IReadOnlyList<string> Examples => ["./run section bits"];

    public override IReadOnlyList<string> Notes =>
        ["JSON: {status, reason, tables:[{title, columns, rows}]}; status is measured, not measured, or failed."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string wanted = Known.Require("part", arguments.GetRequiredValue(name), Section.All.Select(section => section.Name));
        Section section = Section.All.First(one => one.Name == wanted);
        // The last line is the result; tests may print others.
        Console.Out.WriteLine();
        Console.Out.WriteLine(section.Run(section.Seconds).ToJsonString());
        return ExitCode.Ok;
    }
}
