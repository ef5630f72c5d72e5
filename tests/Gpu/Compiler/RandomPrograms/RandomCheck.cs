using System.Reflection;
using System.Runtime.InteropServices;
using Dalle2.Gpu;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>Runs random programs on the device <c>reference</c> and on others, or on one of them in turn, which must leave the same bits.</summary>
sealed class RandomCheck(IReadOnlyList<Device> candidates, bool takeTurns, bool dividesByAll) : IDisposable
{
    readonly Device reference = Device.Open("reference");

    /// <exception cref="AssertionException">A device leaves other bits; the message has the seed, the program, made small, and its function.</exception>
    public void Check(int seed)
    {
        RandomProgram program = RandomProgram.Create(seed, dividesByAll);
        if (Difference(program) is not { } found)
            return;
        Shorten(program);
        string difference = Difference(program) ?? "gone when shortened: " + found;
        Assert.Fail($"seed {seed}: {found}\nshortened: {difference}\n{program}\n{Functions(program)}");
    }

    public void Dispose() => reference.Dispose();

    string? Difference(RandomProgram program)
    {
        MethodInfo method = program.Emit();
        CompiledKernel kernel = CompiledKernel.Unremembered(method);
        byte[][] expected = Run(program, kernel, reference);
        foreach (Device candidate in takeTurns ? [candidates[program.Seed % candidates.Count]] : candidates)
        {
            byte[][] actual;
            try
            {
                actual = Run(program, kernel, candidate);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return $"{candidate.Name} fails: {e.Message}";
            }

            for (int view = 0; view < expected.Length; view++)
            {
                int at = expected[view].AsSpan().CommonPrefixLength(actual[view]);
                if (at < expected[view].Length)
                    return $"{candidate.Name} differs from reference in view {view} at byte {at}";
            }
        }

        return null;
    }

    static byte[][] Run(RandomProgram program, CompiledKernel kernel, Device device)
    {
        IBound[] memory = [.. program.Memory.Select(values =>
            (IBound)Activator.CreateInstance(typeof(Bound<>).MakeGenericType(values.GetType().GetElementType()!), device, values)!)];
        device.Run(new Launch(kernel, program.Arguments(memory.Select(m => m.View)), program.Extent, program.Config));
        byte[][] after = [.. memory.Select(m => m.Bytes())];
        foreach (IBound bound in memory)
            bound.Dispose();
        return after;
    }

    // Takes statements away as long as the difference stays.
    void Shorten(RandomProgram program)
    {
        int tries = 400;
        for (bool shorter = true; shorter;)
        {
            shorter = false;
            foreach (List<Statement> body in program.Bodies())
            {
                for (int s = body.Count - 1; s >= 0 && tries > 0; s--)
                {
                    if (body[s].IsNeeded)
                        continue;
                    Statement taken = body[s];
                    body.RemoveAt(s);
                    tries--;
                    if (StillDiffers(program))
                        shorter = true;
                    else
                        body.Insert(s, taken);
                }
            }
        }
    }

    bool StillDiffers(RandomProgram program)
    {
        try
        {
            return Difference(program) != null;
        }
        catch (Exception e) when (e is KernelException or InvalidProgramException)
        {
            // The reference itself fails: a statement was needed.
            return false;
        }
    }

    static string Functions(RandomProgram program)
    {
        MethodInfo method = program.Emit();
        try
        {
            Function function = Dalle2.Gpu.Compiler.Translate(method);
            string before = IrPrinter.Print(function);
            Dalle2.Gpu.Compiler.Optimize(function, CompileOptions.Default);
            return $"before the passes:\n{before}\nafter the passes:\n{IrPrinter.Print(function)}";
        }
        catch (Exception e) when (e is KernelDiagnosticException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            return e.ToString();
        }
    }

    interface IBound : IDisposable
    {
        object View { get; }

        byte[] Bytes();
    }

    sealed class Bound<T> : IBound
        where T : unmanaged
    {
        readonly Device device;
        readonly Buffer<T> buffer;

        public Bound(Device device, T[] values)
        {
            this.device = device;
            buffer = device.Allocate<T>(values.Length);
            device.Stream.Write<T>(values, buffer.View);
        }

        public object View => buffer.View;

        public byte[] Bytes()
        {
            var values = new T[buffer.Length];
            device.Stream.Read(buffer.View, values);
            return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        }

        public void Dispose() => buffer.Dispose();
    }
}
