using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Targets.OpenCl;
using Dalle2.Gpu.Targets.Ptx;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu;

/// <summary>
/// The one way into the compiler: a kernel's method is translated, optimized, and then made the text or the code of a target.
/// Keeps nothing, and knows of no device.
/// </summary>
static class Compiler
{
    /// <summary>The kernel and all that it calls as one function, before all passes.</summary>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static Function Translate(SpecializedKernel kernel, CompileOptions options)
    {
        Function function = kernel.Translate(options.HasMatrixUnits);
        if (options.Group is { } group)
            GroupSpecialization.Run(function, group);
        if (!options.Unrolls)
            function.UnrollLimit = 0;
        return function;
    }

    /// <summary>The function of a kernel that has no specialized values.</summary>
    /// <inheritdoc cref="Translate(SpecializedKernel, CompileOptions)"/>
    public static Function Translate(MethodInfo kernel, CompileOptions? options = null) =>
        Translate(new SpecializedKernel(kernel), options ?? CompileOptions.Default);

    /// <summary>Runs all passes over a translated function.</summary>
    /// <param name="function">The function, changed in place.</param>
    /// <param name="options">Those that it was translated with.</param>
    /// <param name="afterEach">Called with the pass's name and the function after each; null for nothing.</param>
    /// <exception cref="KernelDiagnosticException">It asks for its group and has none.</exception>
    public static Function Optimize(Function function, CompileOptions options, Action<string, Function>? afterEach = null)
    {
        Pipeline.Run(function, options.Checking, afterEach);
        KernelFrontend.RequireGroup(function);
        return function;
    }

    /// <summary>A kernel's function after all passes.</summary>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static Function Optimize(SpecializedKernel kernel, CompileOptions options, Action<string, Function>? afterEach = null) =>
        Optimize(Translate(kernel, options), options, afterEach);

    /// <summary>The function after all passes of a kernel that has no specialized values.</summary>
    /// <inheritdoc cref="Optimize(SpecializedKernel, CompileOptions, Action{string, Function})"/>
    public static Function Optimize(MethodInfo kernel, CompileOptions? options = null, Action<string, Function>? afterEach = null) =>
        Optimize(new SpecializedKernel(kernel), options ?? CompileOptions.Default, afterEach);

    /// <summary>An optimized function as lines for threads side by side.</summary>
    /// <param name="function">The function.</param>
    /// <param name="options">Those that it was optimized with.</param>
    /// <param name="lanes">The threads of a vector.</param>
    /// <param name="isMasked">Whether lanes of a vector may lie outside of the launch's extent or of the group.</param>
    public static LinearCode Lower(Function function, CompileOptions options, int lanes, bool isMasked) =>
        Lowerer.Run(function, new LoweringOptions(lanes, isMasked, options.Group, options.IsChecked));

    /// <summary>An optimized function as a method over this machine's vectors.</summary>
    /// <param name="function">The function.</param>
    /// <param name="options">Those that it was optimized with.</param>
    /// <param name="vectors">The vectors.</param>
    /// <param name="isMasked">Whether lanes of a vector may lie outside of the launch's extent or of the group.</param>
    public static SimdProgram Simd(Function function, CompileOptions options, VectorMethods vectors, bool isMasked)
    {
        LinearCode code = Lower(function, options, vectors.Lanes, isMasked);
        SimdCode run = SimdEmitter.Emit(code, vectors, function.IndexRank > 0, options.Group, out int frameBytes, out EmittedSize size);
        return new SimdProgram(code, run, frameBytes, size);
    }

    /// <summary>An optimized function as OpenCL C.</summary>
    /// <param name="function">The function.</param>
    /// <param name="options">Those that it was optimized with.</param>
    /// <param name="lanes">Threads of a work-item: 1, 4, 8 or 16.</param>
    public static OpenClText OpenCl(Function function, CompileOptions options, int lanes) =>
        OpenClTarget.Print(function, lanes, options.Group, options.IsChecked);

    /// <summary>An optimized function as PTX.</summary>
    /// <param name="function">The function.</param>
    /// <param name="options">Those that it was optimized with.</param>
    /// <param name="smVersion">The compute capability without its dot.</param>
    /// <param name="alignedViews">Whether views begin at multiples of 16 bytes.</param>
    /// <exception cref="ArgumentException">
    /// The function was translated for matrix units that the compute capability does not have.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such compute capability.</exception>
    public static PtxModule Ptx(Function function, CompileOptions options, int smVersion, bool alignedViews) =>
        PtxTarget.Compile(function, new PtxOptions(smVersion, alignedViews, options.Group?.Size ?? 0, options.IsChecked));
}
