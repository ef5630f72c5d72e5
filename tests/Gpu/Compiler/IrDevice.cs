using System.Runtime.InteropServices;
using Dalle2.Gpu;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler;

/// <summary>
/// Runs each launch four times from the same memory: the kernel's function in the interpreter, the same after all passes without and with
/// checks, and the kernel's own .NET method on the device <c>reference</c>. They must leave the same bits.
/// </summary>
sealed unsafe class IrDevice() : Device("ir", 1)
{
    static readonly Dictionary<SpecializedKernel, (string When, IrInterpreter Interpreter)[]> Functions = [];

    readonly Device reference = Open("reference");

    public override string Description => "the compiler's intermediate representation, interpreted";

    // Their C# is what runs.
    public override bool HasMatrixUnits => true;

    public int Launches { get; private set; }

    /// <summary>False for kernels that store what is no number, which checked mode refuses.</summary>
    public bool WithChecks { get; init; } = true;

    internal override void Run(Launch launch)
    {
        var kernel = launch.Specialize();
        Launches++;
        if (!Functions.TryGetValue(kernel, out var functions))
        {
            Functions.Add(kernel, functions =
            [
                ("before the passes", new IrInterpreter(Translate(kernel))),
                ("after the passes", new IrInterpreter(Optimize(Translate(kernel), CheckMode.Drop))),
                ("after the passes with checks", new IrInterpreter(Optimize(Translate(kernel), CheckMode.Require))),
            ]);
        }

        List<(long Start, long End)> ranges = KernelArguments.Ranges(launch.Arguments);
        byte[][] before = Save(ranges);
        var actual = new byte[WithChecks ? functions.Length : functions.Length - 1][][];
        for (int f = 0; f < actual.Length; f++)
        {
            actual[f] = Interpret(functions[f].Interpreter, launch, ranges);
            Restore(ranges, before);
        }

        reference.Run(launch);
        byte[][] expected = Save(ranges);
        for (int f = 0; f < actual.Length; f++)
            Require(launch, functions[f].When, expected, actual[f]);
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => reference.CopyIn(source, target);

    internal override void CopyOut(nint source, Span<byte> target) => reference.CopyOut(source, target);

    internal override void CopyWithin(nint source, nint target, long bytes) => reference.CopyWithin(source, target, bytes);

    internal override void ClearBytes(nint target, long bytes) => reference.ClearBytes(target, bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing) => reference.Dispose();

    static Function Translate(SpecializedKernel kernel)
    {
        Function function = Dalle2.Gpu.Compiler.Translate(kernel, CompileOptions.Default);
        IrVerifier.Verify(function);
        return function;
    }

    static Function Optimize(Function function, CheckMode checking)
    {
        Dalle2.Gpu.Compiler.Optimize(function, new CompileOptions(Checking: checking),
            (name, after) => Assert.That(() => IrVerifier.Verify(after), Throws.Nothing, $"after {name}"));
        return function;
    }

    static byte[][] Interpret(IrInterpreter interpreter, Launch launch, List<(long Start, long End)> ranges)
    {
        ulong[] arguments = KernelArguments.Bits(launch.OpenArguments);
        if (launch.Config is { } config)
            interpreter.Run(config, arguments, ranges);
        else
            interpreter.Run(launch.Extent, arguments, ranges);
        return Save(ranges);
    }

    static byte[][] Save(List<(long Start, long End)> ranges) =>
        [.. ranges.Select(range => new ReadOnlySpan<byte>((void*)range.Start, (int)(range.End - range.Start)).ToArray())];

    static void Restore(List<(long Start, long End)> ranges, byte[][] contents)
    {
        for (int r = 0; r < ranges.Count; r++)
            contents[r].CopyTo(new Span<byte>((void*)ranges[r].Start, contents[r].Length));
    }

    static void Require(Launch launch, string when, byte[][] expected, byte[][] actual)
    {
        for (int r = 0; r < expected.Length; r++)
        {
            int at = expected[r].AsSpan().CommonPrefixLength(actual[r]);
            Assert.That(at, Is.EqualTo(expected[r].Length),
                $"{launch.Kernel.Name} {when}: view {r} differs from the .NET method's at byte {at}");
        }
    }
}
