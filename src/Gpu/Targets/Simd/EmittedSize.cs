namespace Dalle2.Gpu.Targets.Simd;

/// <summary>How large an emitted method is: beyond some sizes the just-in-time compiler stops optimizing, and code runs five times slower or worse.</summary>
readonly record struct EmittedSize(int Bytes, int Locals)
{
    /// <summary>Above this many bytes of intermediate language .NET compiles without optimization (measured).</summary>
    public const int MaximumBytes = 60_000;

    /// <summary>Above this many locals, likewise (from its source).</summary>
    public const int MaximumLocals = 2_000;

    public bool IsTooLarge => Bytes > MaximumBytes || Locals > MaximumLocals;
}
