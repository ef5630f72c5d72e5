using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Tracing;

/// <summary>The way of a kernel through the compiler, as devices take it: translated, optimized, emitted; told and written as the environment asks for.</summary>
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
    /// <param name="options">What it is compiled for.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static Function Optimize(SpecializedKernel kernel, CompileOptions options)
    {
        Settings settings = Settings.Current;
        Function function = Compiler.Translate(kernel, options);
        TellLeftOut(function, options.IsChecked);
        if (settings.Debug >= 3)
            Tell(function, options, settings.Debug);
        else
            Compiler.Optimize(function, options);
        if (settings.DumpFolder != null)
        {
            string name = KernelFiles.NameOf(kernel, options.Group) + (options.IsChecked ? ".checked" : "");
            KernelFiles.Dump(name, "ir", () => IrPrinter.Print(function));
            KernelFiles.Dump(name, "ptx", () => Ptx(kernel, options));
        }

        return function;
    }

    /// <summary>Tells and writes the device's own text, which is printed only if somebody wants it.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="group">Of a grouped kernel, its group.</param>
    /// <param name="ending">Which text it is: simd512, cl.</param>
    /// <param name="print">Gives it.</param>
    public static void Emitted(SpecializedKernel kernel, GroupExtent? group, string ending, Func<string> print)
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
    static void TellLeftOut(Function function, bool isChecked)
    {
        string[] members = [.. function.LeftOut.Where(member => !isChecked
            || member.StartsWith(nameof(Interop), StringComparison.Ordinal))];
        if (members.Length > 0 && Told.TryAdd(function.Name, true))
        {
            TraceOutput.Line($"{function.Name}: {string.Join(", ", members)} left out in compiled code; the devices reference and "
                + $"ilgpu:cpu have it{(isChecked ? "" : ", and checked mode has assertions (D2_CHECK=1)")}");
        }
    }

    static void Tell(Function function, CompileOptions options, int level)
    {
        TraceOutput.Line($"{function.Name} as translated: {Size(function)}");
        long start = Stopwatch.GetTimestamp();
        Compiler.Optimize(function, options, (pass, after) =>
        {
            double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            TraceOutput.Line(string.Create(CultureInfo.InvariantCulture, $"{after.Name} after {pass}: {Size(after)}, {time:F2} ms"));
            if (level >= 5)
                TraceOutput.Text($"{after.Name} after {pass}:", IrPrinter.Print(after));
            start = Stopwatch.GetTimestamp();
        });
    }

    static string Size(Function function) =>
        $"instructions {function.Blocks.Sum(block => block.Instructions.Count)}, blocks {function.Blocks.Count}";

    // From the start again: what a device compiles is its own to change.
    static string Ptx(SpecializedKernel kernel, CompileOptions options)
    {
        options = options with { Unrolls = true };
        int smVersion = options.HasMatrixUnits ? PtxOptions.MatrixSm : PtxOptions.Versions[0].Sm;
        return PtxTarget.Compile(Compiler.Optimize(kernel, options), new PtxOptions(smVersion, Checked: options.IsChecked)).Text;
    }
}
