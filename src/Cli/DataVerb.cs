using System.CommandLine;

namespace Dalle2.Cli;

/// <summary><c>data</c>: list, get and inspect captioned pictures.</summary>
sealed class DataVerb : Command
{
    public DataVerb()
        : base("data", "List, fetch and inspect captioned pictures.")
    {
        Subcommands.Add(new DataListVerb());
        Subcommands.Add(new DataGetVerb());
        Subcommands.Add(new DataInspectVerb());
    }
}
