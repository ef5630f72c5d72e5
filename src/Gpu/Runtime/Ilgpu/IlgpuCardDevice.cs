using System.Reflection;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Gpu.Runtime.Reference;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Accelerator = ILGPU.Runtime.Accelerator;
using Kernel = ILGPU.Runtime.Kernel;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// A card through ILGPU: <c>ilgpu:cuda:0</c>, <c>ilgpu:opencl:0</c>. ILGPU compiles kernels when they are first launched, and holds the memory; our views, whose addresses are made up
/// here, become views of its buffers at each launch.
/// </summary>
sealed class IlgpuCardDevice : Device, IViewSource
{
    readonly Context context;
    readonly Accelerator accelerator;
    readonly string hardware;
    readonly AddressTable addresses = new();
    readonly Dictionary<nint, MemoryBuffer> buffers = [];
    readonly Dictionary<CompiledKernel, Kernel> kernels = [];
    readonly RecentLaunches recent = new();
    readonly Lock gate = new();
    nint allocations;
    bool disposed;

    /// <param name="name">The device's name.</param>
    /// <param name="context">ILGPU's context, which becomes the device's own.</param>
    /// <param name="accelerator">What runs the kernels.</param>
    /// <param name="hardware">The card in words.</param>
    public IlgpuCardDevice(string name, Context context, Accelerator accelerator, string hardware)
        : base(name, 1)
    {
        this.context = context;
        this.accelerator = accelerator;
        this.hardware = hardware;
        Properties = new HardwareProperties
        {
            Processors = Math.Max(1, accelerator.NumMultiprocessors),
            Width = Math.Max(1, accelerator.WarpSize),
            ThreadsPerProcessor = Math.Max(1024, accelerator.MaxNumThreadsPerMultiprocessor),
            MaxGroupThreads = accelerator.MaxNumThreadsPerGroup,
            SharedBytesPerGroup = Math.Min(48 << 10, accelerator.MaxSharedMemoryPerGroup),
            SharedBytesPerProcessor = accelerator.MaxSharedMemoryPerGroup,
        };
    }

    public override bool HasMatrixUnits => accelerator is CudaAccelerator card && card.Architecture >= CudaArchitecture.SM_80;

    private protected override string MatrixUnitsLacking => $" (this is {hardware})";

    public override string Description => $"ILGPU: {hardware}";

    public override long AvailableBytes => accelerator.MemorySize - AllocatedBytes;

    internal override void Run(Launch launch) => Guarded(
        () =>
        {
            if (!kernels.TryGetValue(launch.Kernel, out Kernel? kernel))
                kernels.Add(launch.Kernel, kernel = Load(launch.Kernel.Method, launch.Config != null));
            object[] arguments = launch.ArgumentsOver(this);
            Index3D extent = launch.Extent;
            if (launch.Config is { } config)
                kernel.Launch(accelerator.DefaultStream, config, arguments);
            else if (IndexOf(launch.Kernel.Method) == typeof(Index1D))
                kernel.Launch(accelerator.DefaultStream, new Index1D(extent.X), arguments);
            else if (IndexOf(launch.Kernel.Method) == typeof(Index2D))
                kernel.Launch(accelerator.DefaultStream, new Index2D(extent.X, extent.Y), arguments);
            else
                kernel.Launch(accelerator.DefaultStream, extent, arguments);
            recent.Add(launch.Kernel.Name, launch.Config?.GridDim ?? extent, launch.Config?.GroupDim ?? default);
        },
        () => $"{launch.Kernel.Name}, launched over {launch.Shape}");

    /// <inheritdoc/>
    public ArrayView<T> View<T>(nint address, long length)
        where T : unmanaged
    {
        if (address == 0)
            return default;
        var (buffer, offset) = Resolve(address);
        return offset % Interop.SizeOf<T>() == 0
            ? new ArrayView<T>(buffer, offset / Interop.SizeOf<T>(), length)
            : throw new NotSupportedException(
            $"a view of {typeof(T).Name} begins at byte {offset} of its buffer; ILGPU's begin at a multiple of the element's size");
    }

    internal override void Synchronize() => Guarded(Wait, () => "waiting for the device");

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
        if (source.IsEmpty)
            return;
        byte[] bytes = source.ToArray();
        Guarded(
            () =>
            {
                ArrayView<byte> view = View<byte>(target, bytes.Length);
                view.CopyFromCPU(accelerator.DefaultStream, ref bytes[0], bytes.Length);
                Wait();
            },
            () => $"copying {bytes.Length} bytes to the device");
    }

    internal override void CopyOut(nint source, Span<byte> target)
    {
        if (target.IsEmpty)
            return;
        byte[] bytes = new byte[target.Length];
        Guarded(
            () =>
            {
                ArrayView<byte> view = View<byte>(source, bytes.Length);
                view.CopyToCPU(accelerator.DefaultStream, ref bytes[0], bytes.Length);
                Wait();
            },
            () => $"copying {bytes.Length} bytes from the device");
        bytes.CopyTo(target);
    }

    internal override void CopyWithin(nint source, nint target, long bytes)
    {
        if (bytes > 0)
        {
            Guarded(() => View<byte>(source, bytes).CopyTo(accelerator.DefaultStream, View<byte>(target, bytes)),
                () => $"copying {bytes} bytes on the device");
        }
    }

    internal override void ClearBytes(nint target, long bytes)
    {
        if (bytes > 0)
            Guarded(() => View<byte>(target, bytes).MemSetToZero(accelerator.DefaultStream), () => $"clearing {bytes} bytes");
    }

    private protected override nint Reserve(long bytes)
    {
        if (bytes > AvailableBytes)
            return 0;
        nint address = 0;
        Guarded(
            () =>
            {
                nint key = ++allocations;
                buffers.Add(key, accelerator.AllocateRaw(bytes, 1));
                address = addresses.Add(key, bytes);
            },
            () => $"allocating {bytes} bytes");
        return address;
    }

    private protected override void Release(nint address)
    {
        lock (gate)
        {
            if (disposed || addresses.Remove(address) is not (var key and not 0) || !buffers.Remove(key, out MemoryBuffer? buffer))
                return;
            accelerator.Bind();
            buffer.Dispose();
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            accelerator.Bind();
            foreach (MemoryBuffer buffer in buffers.Values)
                buffer.Dispose();
            addresses.Clear();
            accelerator.Dispose();
            context.Dispose();
        }
    }

    (MemoryBuffer Buffer, long Offset) Resolve(nint address)
    {
        var (key, offset) = addresses.Resolve(address);
        return (buffers[key], offset);
    }

    Kernel Load(MethodInfo method, bool isGrouped) =>
        isGrouped ? accelerator.LoadKernel(method) : accelerator.LoadAutoGroupedKernel(method);

    void Wait()
    {
        accelerator.Synchronize();
        recent.Clear();
    }

    // Cards tell of a failure only later, so that the last launches are named too.
    void Guarded(Action work, Func<string> what)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                // Any thread may come, and a card's context belongs to one.
                accelerator.Bind();
                work();
            }
            catch (Exception e) when (e is not KernelException)
            {
                Exception cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
                string launches = recent.Describe();
                throw new KernelException($"{Name}: {what()}: {(cause.InnerException ?? cause).Message.TrimEnd('.')}"
                    + $"{(launches.Length == 0 ? "" : $"; launches run behind the host, the last ones were {launches}")}", cause);
            }
        }
    }

    static Type? IndexOf(MethodInfo method) => method.GetParameters() is [{ ParameterType: var first }, ..] ? first : null;
}
