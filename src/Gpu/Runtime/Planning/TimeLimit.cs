namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>What a launch's predicted time follows from.</summary>
public enum TimeLimit
{
    /// <summary>That it is a launch at all.</summary>
    Launch,

    /// <summary>Its operations.</summary>
    Arithmetic,

    /// <summary>Its bytes.</summary>
    Memory,

    /// <summary>Its bytes, with too few warps to ask for them in time.</summary>
    Latency,
}
