using System.Reflection;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>What ILGPU's own compilers make of a kernel. Needs no device. A context is kept, until one has refused a kernel and so is of no more use.</summary>
static class IlgpuText
{
    static readonly Lock Gate = new();
    static Context? context;

    /// <summary>The PTX that ILGPU emits for cards of compute capability 8.0.</summary>
    /// <exception cref="IlgpuRefusalException">ILGPU does not take the kernel; the message says why, as far as ILGPU does.</exception>
    public static string Ptx(MethodInfo kernel) => Compile(
        kernel, "PTX", made => new PTXBackend(made, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80,
        CudaInstructionSet.ISA_75, null!), compiled => ((PTXCompiledKernel)compiled).PTXAssembly);

    /// <summary>The OpenCL C that ILGPU emits for a device of any vendor.</summary>
    /// <exception cref="IlgpuRefusalException">ILGPU does not take the kernel; the message says why, as far as ILGPU does.</exception>
    public static string OpenCl(MethodInfo kernel) => Compile(
        kernel, "OpenCL C", made => new CLBackend(made, new CLCapabilityContext(true, true, true, true, true), CLDeviceVendor.Other,
        CLCVersion.CL20), compiled => ((CLCompiledKernel)compiled).Source);

    static string Compile(MethodInfo kernel, string target, Func<Context, Backend> open, Func<CompiledKernel, string> text)
    {
        lock (Gate)
        {
            context ??= IlgpuContext.Create(static _ => { });
            try
            {
                bool isImplicit = kernel.GetParameters() is [{ ParameterType: var first }, ..]
                    && (first == typeof(Index1D) || first == typeof(Index2D) || first == typeof(Index3D));
                EntryPointDescription entry = isImplicit ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel)
                    : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
                using Backend backend = open(context);
                return text(backend.Compile(entry, KernelSpecialization.Empty));
            }
            catch (Exception e) when (e is InternalCompilerException or NotSupportedException or InvalidCodeGenerationException)
            {
                context.Dispose();
                context = null;
                throw new IlgpuRefusalException(
                    $"{kernel.DeclaringType?.Name}.{kernel.Name}: ILGPU makes no {target} of it: {(e.InnerException ?? e).Message}", e);
            }
        }
    }
}
