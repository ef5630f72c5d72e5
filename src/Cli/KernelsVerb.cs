using System.CommandLine;

namespace Dalle2.Cli;

/// <summary><c>kernels</c>: list and show what the ops launch.</summary>
sealed class KernelsVerb : Command
{
    public KernelsVerb()
        : base("kernels", "List the kernels, and show what the compiler makes of one. Needs no device.")
    {
        Subcommands.Add(new KernelsListVerb());
        Subcommands.Add(new KernelsShowVerb());
    }
}
