namespace Dalle2.Cli;

/// <summary>What the program ends with.</summary>
static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The work failed: training diverged, an op is wrong, a kernel failed, the user stopped it.</summary>
    public const int Failed = 1;

    /// <summary>What was given cannot be used: verb, flag, name, file.</summary>
    public const int Usage = 2;
}
