using ILGPU.Backends;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// The device <c>cpu</c> as an accelerator of ILGPU's: buffers, streams and kernel loaders are ILGPU's, kernels run as vector code. A program that opened
/// another accelerator changes that line alone.
/// </summary>
/// <remarks>
/// Launches and copies are done when they return. Launches of several host threads run one after the other. A kernel is compiled when it is first launched with a size of groups;
/// what it may not say is a <see cref="Frontend.KernelDiagnosticException"/> then, and a failure of a kernel is a <see cref="KernelException"/>.
/// </remarks>
public sealed class SimdAccelerator : Accelerator
{
    readonly SimdBackend backend;
    readonly Device device;
    readonly Lock gate = new();

    SimdAccelerator(Context context, SimdAcceleratorDevice described, Device device)
        : base(context, described)
    {
        this.device = device;
        // As ILGPU's own: there is no handle, but zero stands for an accelerator that is no more.
        NativePtr = 1;
        DefaultStream = CreateStreamInternal();
        backend = new SimdBackend(context, described.Capabilities);
        Bind();
        Init(backend);
    }

    /// <summary>Opens one.</summary>
    /// <param name="context">Any context; it needs no devices of its own.</param>
    /// <param name="threads">Host threads that run kernels; 0 takes one per processor.</param>
    /// <param name="isChecked">Checked mode, as in <see cref="Runtime.Device.Open"/>.</param>
    /// <exception cref="DeviceUnavailableException">The number of threads makes no sense.</exception>
    public static SimdAccelerator Create(Context context, int threads = 0, bool isChecked = false)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Create(context, new SimdAcceleratorDevice(threads, isChecked));
    }

    // First the device, which may be refused: ILGPU's constructor starts a thread that only disposing ends.
    internal static SimdAccelerator Create(Context context, SimdAcceleratorDevice described) =>
        new(context, described, Runtime.Device.Open("cpu", described.Threads, described.IsChecked));

    /// <summary>Not to be had: a provider of extensions knows ILGPU's own accelerators alone.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TExtension CreateExtension<TExtension, TExtensionProvider>(TExtensionProvider provider) =>
        throw new NotSupportedException($"{typeof(TExtensionProvider).Name} makes extensions for ILGPU's own accelerators, not for "
        + $"{Name}; take the extension to one of those");

    internal void Run(Launch launch)
    {
        lock (gate)
            device.Stream.Run(launch);
    }

    /// <inheritdoc/>
    protected override AcceleratorStream CreateStreamInternal() => new SimdAcceleratorStream(this);

    /// <inheritdoc/>
    protected override void SynchronizeInternal() => device.Synchronize();

    /// <inheritdoc/>
    protected override MemoryBuffer AllocateRawInternal(long length, int elementSize) =>
        new SimdAcceleratorMemory(this, device, length, elementSize);

    /// <inheritdoc/>
    protected override PageLockScope<T> CreatePageLockFromPinnedInternal<T>(IntPtr pinned, long numElements) =>
        new PinnedScope<T>(this, pinned, numElements);

    /// <inheritdoc/>
    protected override Kernel LoadKernelInternal(CompiledKernel kernel) => Load(kernel);

    /// <inheritdoc/>
    protected override Kernel LoadImplicitlyGroupedKernelInternal(CompiledKernel kernel, int customGroupSize, out KernelInfo? kernelInfo)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(customGroupSize);
        kernelInfo = new KernelInfo(customGroupSize, null);
        return Load(kernel);
    }

    /// <inheritdoc/>
    protected override Kernel LoadAutoGroupedKernelInternal(CompiledKernel kernel, out KernelInfo? kernelInfo)
    {
        kernelInfo = new KernelInfo(device.Properties.Width, device.Properties.Processors);
        return Load(kernel);
    }

    /// <inheritdoc/>
    protected override int EstimateMaxActiveGroupsPerMultiprocessorInternal(Kernel kernel, int groupSize,
        int dynamicSharedMemorySizeInBytes) => 1;

    /// <inheritdoc/>
    protected override int EstimateGroupSizeInternal(Kernel kernel, Func<int, int> computeSharedMemorySize, int maxGroupSize,
        out int minGridSize) =>
        EstimateGroupSizeInternal(kernel, 0, maxGroupSize, out minGridSize);

    /// <inheritdoc/>
    protected override int EstimateGroupSizeInternal(Kernel kernel, int dynamicSharedMemorySizeInBytes, int maxGroupSize,
        out int minGridSize)
    {
        minGridSize = device.Properties.Processors;
        return maxGroupSize > 0 ? Math.Min(maxGroupSize, device.Properties.Width) : device.Properties.Width;
    }

    /// <inheritdoc/>
    protected override bool CanAccessPeerInternal(Accelerator otherAccelerator) => otherAccelerator is SimdAccelerator or CPUAccelerator;

    /// <inheritdoc/>
    protected override void EnablePeerAccessInternal(Accelerator otherAccelerator)
    {
        if (!CanAccessPeerInternal(otherAccelerator))
        {
            throw new InvalidOperationException(
                $"{Name} reaches the host's memory alone, not that of {otherAccelerator.Name}; copy with CopyTo or CopyFrom");
        }
    }

    /// <inheritdoc/>
    protected override void DisablePeerAccessInternal(Accelerator otherAccelerator)
    {
    }

    /// <inheritdoc/>
    protected override void OnBind()
    {
    }

    /// <inheritdoc/>
    protected override void OnUnbind()
    {
    }

    /// <inheritdoc/>
    protected override void DisposeAccelerator_SyncRoot(bool disposing)
    {
        if (!disposing)
            return;
        backend.Dispose();
        device.Dispose();
    }

    SimdAcceleratorKernel Load(CompiledKernel kernel) => kernel is SimdCompiledKernel own
        ? new SimdAcceleratorKernel(this, own)
        : throw new NotSupportedException($"{kernel.Name} was compiled for another accelerator than {Name}; load it by its method");
}
