using System.Reflection;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Targets.Ilgpu;
using Dalle2.Gpu.Targets.Ptx;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu;

/// <summary>What the compiler makes of a kernel, as text. Needs no device.</summary>
public static class KernelText
{
    /// <summary>The kernel's own intermediate language, without that of what it calls; short forms are widened.</summary>
    /// <exception cref="ArgumentException">The method has no body.</exception>
    public static string Il(MethodInfo kernel) => IlPrinter.Print(kernel);

    /// <summary>The kernel and everything that it calls in the compiler's intermediate representation, after all passes.</summary>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    public static string Ir(MethodInfo kernel) => IrPrinter.Print(Compiler.Optimize(kernel));

    /// <summary>
    /// The lines that become vector instructions: vectors begin with v, masks with m, scalars with s. Of a kernel that is not grouped, the code for
    /// vectors all of whose lanes are threads of the launch.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="bits">Of a vector: 128, 256 or 512; 0 takes what this machine has.</param>
    /// <param name="groupSize">Of an explicitly grouped kernel, the threads of a group along X.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no vectors of so many bits, or no groups of so many threads.</exception>
    public static string Simd(MethodInfo kernel, int bits = 0, int groupSize = 16)
    {
        if (groupSize is < 1 or > 1024)
            throw new ArgumentOutOfRangeException(nameof(groupSize), $"a group has between 1 and 1024 threads, not {groupSize}");
        int lanes = VectorMethods.Of(bits == 0 ? VectorMethods.NativeBits : bits).Lanes;
        var options = new CompileOptions(KernelFrontend.IndexRank(kernel) > 0 ? null : new GroupExtent(groupSize, 1, 1));
        bool isMasked = options.Group != null && groupSize % lanes != 0;
        return LinearText.Print(Compiler.Lower(Compiler.Optimize(kernel, options), options, lanes, isMasked));
    }

    /// <summary>The kernel as PTX, for NVIDIA's driver.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="smVersion">The compute capability without its dot: 60, 70, 80, 90 or 100.</param>
    /// <param name="alignedViews">Whether views begin at multiples of 16 bytes.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such compute capability.</exception>
    public static string Ptx(MethodInfo kernel, int smVersion = 60, bool alignedViews = false)
    {
        var options = new CompileOptions(HasMatrixUnits: PtxOptions.HasMatrixUnits(smVersion));
        return Compiler.Ptx(Compiler.Optimize(kernel, options), options, smVersion, alignedViews).Text;
    }

    /// <summary>The kernel as OpenCL C 1.2.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="lanes">Threads of a work-item: 1 as for graphics cards, 4, 8 or 16 as for processors, in vectors.</param>
    /// <param name="groupSize">Of an explicitly grouped kernel, the threads of a group along X.</param>
    /// <exception cref="KernelDiagnosticException">The kernel says what kernels cannot say.</exception>
    /// <exception cref="ArgumentOutOfRangeException">OpenCL C has no vectors of so many lanes.</exception>
    public static string OpenCl(MethodInfo kernel, int lanes = 1, int groupSize = 64)
    {
        if (lanes is not (1 or 4 or 8 or 16))
            throw new ArgumentOutOfRangeException(nameof(lanes), $"a work-item is 1, 4, 8 or 16 threads, not {lanes}");
        // The group's extent is asked for in the text, and no constant of it.
        Function function = Compiler.Optimize(kernel);
        return Compiler.OpenCl(function, new CompileOptions(function.IndexRank > 0 ? null : new GroupExtent(groupSize, 1, 1)), lanes).Text;
    }

    /// <summary>The PTX that ILGPU's own compiler makes of the kernel, for compute capability 8.0.</summary>
    /// <exception cref="IlgpuRefusalException">ILGPU does not take the kernel.</exception>
    public static string IlgpuPtx(MethodInfo kernel) => IlgpuText.Ptx(kernel);

    /// <summary>The OpenCL C 2.0 that ILGPU's own compiler makes of the kernel, for devices of any vendor.</summary>
    /// <exception cref="IlgpuRefusalException">ILGPU does not take the kernel.</exception>
    public static string IlgpuOpenCl(MethodInfo kernel) => IlgpuText.OpenCl(kernel);
}
