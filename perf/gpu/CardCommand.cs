using System.CommandLine;
using System.CommandLine.Help;
using Dalle2.Cli;

namespace Dalle2.Card;

/// <summary>The program's verbs.</summary>
sealed class CardCommand : Command
{
    public CardCommand()
        : base("run", "Measures what this build does on a machine's cards.")
    {
        Add(new MeasureVerb());
        Add(new SectionVerb());
        Add(new PlanVerb());
        Options.Add(new HelpOption("--help", "-h", "-?") { Description = "Show help.", Action = new HelpPage() });
    }
}
