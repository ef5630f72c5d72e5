using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// A kernel compiled for one card and, if it is explicitly grouped, one extent of its groups: for launches whose views all begin at multiples of
/// 16 bytes, and for others when one comes.
/// </summary>
sealed class CudaKernel
{
    readonly CudaProgram?[] programs = new CudaProgram?[2];
    readonly SpecializedKernel kernel;
    readonly CompileOptions options;
    readonly CudaHardware hardware;
    readonly Func<string, PtxModule, CudaProgram> load;
    readonly Function function;
    int bestThreads;

    public CudaKernel(SpecializedKernel kernel, GroupExtent? group, CheckMode checking, CudaHardware hardware, Func<string, PtxModule,
        CudaProgram> load)
    {
        this.kernel = kernel;
        this.hardware = hardware;
        this.load = load;
        options = new CompileOptions(group, checking, hardware.HasMatrixUnits);
        function = CompileTrace.Optimize(kernel, options);
        Parameters = [.. function.Parameters.Skip(function.IndexRank).Select(parameter => parameter.Type)];
    }

    /// <summary>The types of the parameters, without the thread's index.</summary>
    public IrType[] Parameters { get; }

    /// <summary>In checked mode, what the numbers in a report mean.</summary>
    public IReadOnlyList<Check> Checks => function.Checks;

    /// <summary>All programs that there are of it.</summary>
    public IEnumerable<CudaProgram> Programs => programs.OfType<CudaProgram>();

    /// <summary>The program for such launches, compiled when first asked for.</summary>
    public CudaProgram Program(bool aligned) => programs[aligned ? 1 : 0] ??= Compile(aligned);

    /// <summary>Groups and threads of a group for an implicitly grouped launch.</summary>
    public (int Groups, int Threads) Spread(CudaProgram program, int threads)
    {
        if (bestThreads == 0)
        {
            bestThreads = ExtentGroups.MostResident(program.GroupsPerMultiprocessor) ?? throw new KernelException(
                $"not even groups of {ExtentGroups.LeastThreads} threads fit a multiprocessor: it takes {program.Registers} registers a thread");
        }

        return ExtentGroups.Spread(threads, bestThreads, hardware.Multiprocessors);
    }

    CudaProgram Compile(bool aligned)
    {
        PtxModule module = Compiler.Ptx(function, options, hardware.SmVersion, aligned);
        if (module.SharedBytes > hardware.SharedBytesPerGroup)
            throw new KernelException($"its groups share {module.SharedBytes} bytes, the device has {hardware.SharedBytesPerGroup}");
        string ending = $"{(options.IsChecked ? "checked." : "")}{(aligned ? "" : "unaligned.")}sm{hardware.SmVersion}.ptx";
        CompileTrace.Emitted(kernel, options.Group, ending, () => module.Text);
        string name = KernelFiles.NameOf(kernel, options.Group);
        CudaProgram program = load(function.Name, module with { Text = KernelFiles.Override(name, ending, module.Text) });
        if (Settings.Current.Debug >= 3)
            TraceOutput.Line($"{name}.{ending}: {program.Resources}");
        return program;
    }
}
