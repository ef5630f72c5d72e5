using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>The way of a kernel through the compiler, as devices take it: translated, optimised, emitted; told and written as the environment asks for.</summary>
static class CompileTrace
{
    static readonly ConcurrentDictionary<string, bool> Told = new();

    static long ticks;
    static int compiled;

    /// <summary>The methods for vectors that this process compiled, and the time of the threads that did.</summary>
    public static (int Methods, TimeSpan Time) Total => (compiled, Stopwatch.GetElapsedTime(0, Interlocked.Read(ref ticks)));

    /// <summary>Adds the time that a part of compiling takes to <see cref="Total"/>.</summary>
    /// <param name="part">The part.</param>
    /// <param name="methods">Methods that are done with it.</param>
    public static T Timed<T>(Func<T> part, int methods = 0)
    {
        long start = Stopwatch.GetTimestamp();
        T result = part();
        Interlocked.Add(ref ticks, Stopwatch.GetTimestamp() - start);
        Interlocked.Add(ref compiled, methods);
        return result;
    }

    /// <summary>The kernel's function after all passes.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="group">Of a grouped kernel, its group, whose extents are constants from here on.</param>
    /// <param name="checking">What becomes of its checks.</param>
    /// <param name="unrolls">Whether loops may be written out.</param>
    /// <param name="hasMatrixUnits">Whether the target has matrix units.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static Function Optimise(SpecialisedKernel kernel, GroupExtent? group, Checking checking, bool unrolls = true, bool hasMatrixUnits = false)
    {
        Settings settings = Settings.Current;
        Function function = Translate(kernel, group, hasMatrixUnits);
        if (!unrolls)
            function.UnrollLimit = 0;
        TellLeftOut(function, checking);
        if (settings.Debug >= 3)
            Tell(function, checking, settings.Debug);
        else
            Pipeline.Run(function, checking);
        KernelFrontend.RequireGroup(function);
        if (settings.DumpFolder != null)
        {
            string name = KernelFiles.NameOf(kernel, group) + (checking == Checking.Require ? ".checked" : "");
            KernelFiles.Dump(name, "ir", () => IrPrinter.Print(function));
            KernelFiles.Dump(name, "ptx", () => Ptx(kernel, group, checking, hasMatrixUnits));
        }

        return function;
    }

    /// <summary>Tells and writes the device's own text, which is printed only if somebody wants it.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="group">Of a grouped kernel, its group.</param>
    /// <param name="ending">Which text it is: simd512, cl.</param>
    /// <param name="print">Gives it.</param>
    public static void Emitted(SpecialisedKernel kernel, GroupExtent? group, string ending, Func<string> print)
    {
        Settings settings = Settings.Current;
        if (settings.Debug < 4 && settings.DumpFolder == null)
            return;
        string name = KernelFiles.NameOf(kernel, group);
        if (settings.Debug >= 4)
            TraceOutput.Text($"{name}.{ending}:", print());
        KernelFiles.Dump(name, ending, print);
    }

    // Nothing is left out quietly: once a kernel, since it is compiled again for each group.
    static void TellLeftOut(Function function, Checking checking)
    {
        string[] members = [.. function.LeftOut.Where(member => checking != Checking.Require || member.StartsWith(nameof(Interop), StringComparison.Ordinal))];
        if (members.Length > 0 && Told.TryAdd(function.Name, true))
            TraceOutput.Line($"{function.Name}: {string.Join(", ", members)} left out in compiled code; the devices reference and ilgpu:cpu have it{(checking == Checking.Require ? "" : ", and checked mode has assertions (D2_CHECK=1)")}");
    }

    static void Tell(Function function, Checking checking, int level)
    {
        TraceOutput.Line($"{function.Name} as translated: {Size(function)}");
        long start = Stopwatch.GetTimestamp();
        Pipeline.Run(function, checking, (pass, after) =>
        {
            double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            TraceOutput.Line(string.Create(CultureInfo.InvariantCulture, $"{after.Name} after {pass}: {Size(after)}, {time:F2} ms"));
            if (level >= 5)
                TraceOutput.Text($"{after.Name} after {pass}:", IrPrinter.Print(after));
            start = Stopwatch.GetTimestamp();
        });
    }

    static string Size(Function function) => $"instructions {function.Blocks.Sum(block => block.Instructions.Count)}, blocks {function.Blocks.Count}";

    static Function Translate(SpecialisedKernel kernel, GroupExtent? group, bool hasMatrixUnits)
    {
        Function function = kernel.Translate(hasMatrixUnits);
        if (group is { } extent)
            GroupExtents.Run(function, extent);
        return function;
    }

    // From the start again: what a device compiles is its own to change.
    static string Ptx(SpecialisedKernel kernel, GroupExtent? group, Checking checking, bool hasMatrixUnits)
    {
        Function function = Translate(kernel, group, hasMatrixUnits);
        Pipeline.Run(function, checking);
        return PtxTarget.Compile(function, new PtxOptions(hasMatrixUnits ? PtxOptions.MatrixSm : PtxOptions.Versions[0].Sm, Checked: checking == Checking.Require)).Text;
    }
}
