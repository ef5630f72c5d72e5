using System.Runtime.InteropServices;
using Dalle2.Gpu;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Runs the compiler's function of each launch in the interpreter: as the front end gives it, or after all passes.</summary>
sealed unsafe class InterpretedDevice(string name, CheckMode? passes) : Device(name, 1)
{
    public override string Description => "the compiler's intermediate representation, interpreted";

    internal override void Run(Launch launch)
    {
        SpecializedKernel kernel = launch.Specialize();
        var options = new CompileOptions(Checking: passes ?? CheckMode.Keep);
        Function function = Dalle2.Gpu.Compiler.Translate(kernel, options);
        if (passes != null)
            Optimize(kernel, function, options);
        else
            IrVerifier.Verify(function);
        List<(long Start, long End)> ranges = KernelArguments.Ranges(launch.Arguments);
        ulong[] arguments = KernelArguments.Bits(launch.OpenArguments);
        var interpreter = new IrInterpreter(function);
        if (launch.Config is { } config)
            interpreter.Run(config, arguments, ranges);
        else
            interpreter.Run(launch.Extent, arguments, ranges);
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    internal override void CopyOut(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    internal override void CopyWithin(nint source, nint target, long bytes) =>
        System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    internal override void ClearBytes(nint target, long bytes) => NativeMemory.Clear((void*)target, (nuint)bytes);

    private protected override nint Reserve(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    private protected override void Release(nint address) => NativeMemory.AlignedFree((void*)address);

    protected override void Dispose(bool disposing)
    {
    }

    // Verified at the end, which takes less time than after each pass; if that fails, once more to say after which.
    static void Optimize(SpecializedKernel kernel, Function function, CompileOptions options)
    {
        try
        {
            Dalle2.Gpu.Compiler.Optimize(function, options);
            IrVerifier.Verify(function);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Dalle2.Gpu.Compiler.Optimize(kernel, options, Verify);
            throw;
        }
    }

    static void Verify(string pass, Function function)
    {
        try
        {
            IrVerifier.Verify(function);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"after {pass}: {e.Message}", e);
        }
    }
}
