using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Dalle2.IlgpuKernels;

/// <summary>Runs kernel cases as ILGPU itself does: on its CPU accelerator, where .NET runs the method; and compiles them with its PTX backend, which takes no device.</summary>
public sealed class IlgpuRunner : IDisposable
{
    // Its CPU accelerator starts a thread for each of a multiprocessor's lanes: no more than the cases need.
    const int WarpSize = 32, MaxGroupSize = 64, ImplicitGroupSize = 16;

    readonly CPUDevice device = new(WarpSize, MaxGroupSize / WarpSize, 1);
    Context? context;
    Accelerator? opened;

    /// <summary>Launches a case once and returns what differs from its expectation. Throws what ILGPU throws.</summary>
    public IReadOnlyList<string> Run(KernelCase kernelCase)
    {
        try
        {
            return Run(kernelCase, opened ??= Open());
        }
        catch
        {
            // A context in which a compilation failed fails at everything afterwards.
            Dispose();
            throw;
        }
    }

    // Static tables are read-only fields, yet their elements are not, so ILGPU wants to be told that nobody writes them.
    static Context.Builder Configure(Context.Builder builder) => builder.EnableAlgorithms().Arrays(ArrayMode.InlineMutableStaticArrays);

    CPUAccelerator Open()
    {
        context = Context.Create(builder => Configure(builder).CPU(device));
        return device.CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);
    }

    static List<string> Run(KernelCase kernelCase, Accelerator accelerator)
    {
        using var factory = new Factory(accelerator);
        var memory = new LaunchMemory(factory);
        object[] arguments = kernelCase.CreateArguments(memory);
        if (kernelCase.Extent is object extent)
        {
            using Kernel kernel = accelerator.LoadImplicitlyGroupedKernel(kernelCase.Kernel, ImplicitGroupSize);
            Launch(kernel, accelerator.DefaultStream, extent, arguments);
        }
        else
        {
            using Kernel kernel = accelerator.LoadKernel(kernelCase.Kernel);
            kernel.Launch(accelerator.DefaultStream, kernelCase.Config, arguments);
        }
        accelerator.Synchronize();
        return [.. kernelCase.Mismatches(memory)];
    }

    /// <summary>The PTX that ILGPU's compiler emits for a case. Throws what that compiler throws where it refuses the kernel; each call has its own context, of no use after a failure.</summary>
    public static string CompilePtx(KernelCase kernelCase)
    {
        using Context context = Context.Create(builder => Configure(builder));
        var architecture = CudaArchitecture.SM_80;
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_75,
            null!);
        EntryPointDescription entry = kernelCase.Extent is null
            ? EntryPointDescription.FromExplicitlyGroupedKernel(kernelCase.Kernel)
            : EntryPointDescription.FromImplicitlyGroupedKernel(kernelCase.Kernel);
        return ((PTXCompiledKernel)backend.Compile(entry, KernelSpecialization.Empty)).PTXAssembly;
    }

    public void Dispose()
    {
        opened?.Dispose();
        context?.Dispose();
        opened = null;
        context = null;
    }

    static void Launch(Kernel kernel, AcceleratorStream stream, object extent, object[] arguments)
    {
        switch (extent)
        {
            case Index1D index: kernel.Launch(stream, index, arguments); break;
            case Index2D index: kernel.Launch(stream, index, arguments); break;
            case Index3D index: kernel.Launch(stream, index, arguments); break;
            default: throw new ArgumentException($"a kernel's extent is an index of int, not {extent}");
        }
    }

    sealed class Factory(Accelerator accelerator) : IViewFactory, IDisposable
    {
        readonly List<MemoryBuffer> buffers = [];

        public ArrayView<T> Create<T>(T[] contents) where T : unmanaged
        {
            MemoryBuffer1D<T, Stride1D.Dense> buffer = accelerator.Allocate1D(contents);
            buffers.Add(buffer);
            return buffer.View;
        }

        public T[] Read<T>(ArrayView<T> view) where T : unmanaged => view.GetAsArray();

        public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());
    }
}
