namespace Dalle2.Gpu.Passes;

/// <summary>What becomes of a kernel's checks.</summary>
enum CheckMode
{
    /// <summary>They stay as they are, for those who interpret the function.</summary>
    Keep,

    /// <summary>They go: what is outside of a view is the kernel's own fault.</summary>
    Drop,

    /// <summary>Checked mode: each becomes an <see cref="Ir.Op.Require"/>, and divisions and stores get their own.</summary>
    Require,
}
