using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>Stands where ILGPU's compiler would be: a kernel stays its method until it is launched, when our compiler takes it.</summary>
sealed class SimdBackend(Context context, CapabilityContext capabilities) : Backend(context, capabilities, BackendType.IL, null!)
{
    // ILGPU's front end is not asked, except for kernels of specialized values, which come by the other way.
    public override CompiledKernel Compile<TBackendHook>(in EntryPointDescription entry, in KernelSpecialization specialization,
        TBackendHook backendHook) =>
        new SimdCompiledKernel(Context, new EntryPoint(entry, default, specialization));

    protected override CompiledKernel Compile(EntryPoint entryPoint, in BackendContext backendContext,
        in KernelSpecialization specialization) => new SimdCompiledKernel(Context, entryPoint);
}

/// <summary>A kernel's method and the types that it is launched with.</summary>
sealed class SimdCompiledKernel(Context context, EntryPoint entry) : CompiledKernel(context, entry, null)
{
    public EntryPoint Entry { get; } = entry;
}
