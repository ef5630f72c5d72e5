namespace Dalle2.Gpu.Targets.Simd;

/// <summary>How large the largest emitted methods are: beyond some sizes the just-in-time compiler stops optimising.</summary>
static class EmittedSize
{
    /// <summary>Above this many bytes of intermediate language .NET compiles without optimisation (measured).</summary>
    public const int MaximumBytes = 60_000;

    /// <summary>Above this many locals, likewise (from its source).</summary>
    public const int MaximumLocals = 2_000;

    public static int Bytes { get; private set; }

    public static int Locals { get; private set; }

    public static void Report(string kernel, int bytes, int locals)
    {
        Bytes = Math.Max(Bytes, bytes);
        Locals = Math.Max(Locals, locals);
        if (bytes > MaximumBytes || locals > MaximumLocals)
            Console.Error.WriteLine($"{kernel}: {bytes} bytes of intermediate language and {locals} locals are more than .NET optimises");
    }
}
