namespace Dalle2.Cli.Studio;

/// <summary>A request that cannot be answered.</summary>
/// <param name="status">The status of HTTP.</param>
/// <param name="message">What was wrong and what to do, in a sentence.</param>
sealed class StudioFaultException(int status, string message) : Exception(message)
{
    /// <summary>The status of HTTP.</summary>
    public int Status { get; } = status;

    /// <summary>What was named is not there.</summary>
    public static StudioFaultException NotFound(string what) => new(404, what);
}
