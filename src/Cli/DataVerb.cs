using System.CommandLine;

namespace Dalle2.Cli;

/// <summary><c>data</c>: list, get, inspect and convert captioned pictures.</summary>
sealed class DataVerb : Command
{
    public DataVerb()
        : base("data", "List, fetch, inspect and convert captioned pictures.")
    {
        Subcommands.Add(new DataListVerb());
        Subcommands.Add(new DataGetVerb());
        Subcommands.Add(new DataInspectVerb());
        Subcommands.Add(new DataConvertVerb());
    }
}
