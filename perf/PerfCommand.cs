using System.CommandLine;
using System.CommandLine.Help;
using Dalle2.Cli;

namespace Dalle2.Perf;

/// <summary>The program's verbs.</summary>
sealed class PerfCommand : Command
{
    public PerfCommand()
        : base("perf", "Measures what the product does not ship: against PyTorch, and how time and memory grow.")
    {
        Add(new CompareVerb());
        Add(new FeaturesVerb());
        Add(new FunctionsVerb());
        Add(new MutateVerb());
        Add(new ProfileStepVerb());
        Add(new RankStepVerb());
        Add(new ScaleVerb());
        Add(new ServeVerb());
        Add(new StudioVerb());
        Options.Add(new HelpOption("--help", "-h", "-?") { Description = "Show help.", Action = new HelpPage() });
    }
}
