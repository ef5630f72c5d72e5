using System.Globalization;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime.Cpu;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Runtime.Ilgpu;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu.Runtime;

/// <summary>What runs kernels. Opened by name: <c>cpu</c>, <c>reference</c>, <c>cuda:0</c>, <c>opencl:0</c>, <c>ilgpu:cpu</c>.</summary>
public abstract class Device : IDisposable
{
    private protected Device(string name, int threads)
    {
        Name = name;
        Threads = threads;
        Properties = new HardwareProperties { Processors = threads, Width = 1, ThreadsPerProcessor = 1 };
        Stream = new Stream(this);
    }

    /// <summary>The name it was opened by.</summary>
    public string Name { get; }

    /// <summary>The name for logs and results: <c>cuda:0</c>, and where the precision is another than float32, <c>cuda:0 tf32</c>.</summary>
    public string Label => precision == Precision.Float32 ? Name : $"{Name} {PrecisionName(precision)}";

    /// <summary>Host threads that run kernels.</summary>
    public int Threads { get; }

    /// <summary>What it is, as far as launchers plan by it.</summary>
    public HardwareProperties Properties { get; private protected init; }

    /// <summary>Whether products of matrices can take numbers of fewer bits (<see cref="Precision"/>).</summary>
    public virtual bool HasMatrixUnits => false;

    /// <summary>What products of matrices multiply. Set before the first launch; all ops follow it.</summary>
    /// <exception cref="DeviceUnavailableException">The device has no matrix units; the message says what to do.</exception>
    public Precision Precision
    {
        get => precision;
        set
        {
            if (value != Precision.Float32 && !HasMatrixUnits)
            {
                throw new DeviceUnavailableException($"{Name}: precision {PrecisionName(value)} needs an NVIDIA card from compute "
                    + $"capability 8.0 on{MatrixUnitsLacking}; leave --precision out");
            }

            precision = value;
        }
    }

    /// <summary>Behind what matrix units need: what this device has instead, if that helps.</summary>
    private protected virtual string MatrixUnitsLacking => "";

    /// <summary>What runs the kernels, in words, for logs.</summary>
    public abstract string Description { get; }

    /// <summary>The order of work: launches and copies run one after the other.</summary>
    public Stream Stream { get; }

    /// <summary>Why a <see cref="Recording"/> is replayed launch by launch where this kind of device could do it at once; null for no reason.</summary>
    public virtual string? ReplayObstacle => null;

    /// <summary>Bytes of device memory held by buffers.</summary>
    public long AllocatedBytes => Interlocked.Read(ref allocatedBytes);

    /// <summary>
    /// Is told of everything that the stream does; null, the default, costs nothing. With one, the host waits for each launch, also on devices that
    /// otherwise run behind it, so that times are those of single launches.
    /// </summary>
    public ILaunchProfiler? Profiler { get; set; }

    Precision precision;
    long allocatedBytes;

    /// <summary>The devices this build knows, and why one is refused here.</summary>
    public static IReadOnlyList<DeviceDescription> All() =>
    [
        new("reference", "host", true, "each kernel's own .NET method on one thread, every access checked: the definition of right"),
        new("cpu", "host", true, $"kernels compiled for {VectorMethods.NativeBits}-bit vectors, {Environment.ProcessorCount} threads"),
        .. VectorMethods.Widths.Select(width => new DeviceDescription($"cpu:{width.Bits}", "host", true,
            $"cpu with {width.Bits}-bit vectors"
            + (width.Bits > VectorMethods.NativeBits ? $", each in pieces of {VectorMethods.NativeBits} bits here" : "")
            + ", the same bits")),
        .. CudaDevice.List(CudaLibrary.Instance),
        .. OpenClDevice.List(),
        .. IlgpuDevices.List(),
    ];

    /// <summary>Opens a device.</summary>
    /// <param name="name">One of the names of <see cref="All"/>.</param>
    /// <param name="threads">Host threads for <c>cpu</c>; 0 takes one per processor.</param>
    /// <param name="isChecked">
    /// Checked mode: an index outside of its view, a division by zero, a NaN or infinity that is stored, or a barrier that not all threads come to is a
    /// <see cref="KernelException"/> that names kernel, view, index, file and line. Slower. <c>reference</c> always checks indices. D2_CHECK=1 has
    /// the same effect on every device.
    /// </param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be had here; the message says why.</exception>
    /// <exception cref="InvalidSettingException">An environment variable of <see cref="Settings"/> makes no sense.</exception>
    public static Device Open(string name, int threads = 0, bool isChecked = false)
    {
        Settings settings = Settings.Current;
        Device device = Create(name, threads, isChecked || settings.IsChecked);
        if (settings.Debug >= 1)
            TraceOutput.Line($"device {device.Name}: {device.Description}");
        return device;
    }

    static Device Create(string name, int threads, bool isChecked)
    {
        if (threads < 0 || threads > 1024)
            throw new DeviceUnavailableException($"{threads} threads: give between 1 and 1024, or 0 for one per processor");
        return name switch
        {
            "reference" when threads > 1 =>
            throw new DeviceUnavailableException(
            "the device 'reference' runs on one thread; leave the number of threads out, or use 'cpu'"),
            "reference" => new ReferenceDevice(isChecked),
            "cpu" => new SimdDevice("cpu", threads == 0 ? Environment.ProcessorCount : threads, VectorMethods.NativeBits, isChecked),
            "cpu:128" or "cpu:256" or "cpu:512" =>
            new SimdDevice(name, threads == 0 ? Environment.ProcessorCount : threads,
            int.Parse(name.AsSpan(4), CultureInfo.InvariantCulture), isChecked),
            _ when name.StartsWith(IlgpuDevices.Prefix, StringComparison.Ordinal) => IlgpuDevices.Open(name, threads, isChecked),
            _ when name == "cuda" || name.StartsWith("cuda:", StringComparison.Ordinal) => threads == 0
                ? CudaDevice.Open(name, CudaLibrary.Instance, checking: isChecked ? CheckMode.Require : CheckMode.Drop)
                : throw new DeviceUnavailableException($"a card has threads of its own; leave the number of threads of '{name}' out"),
            _ when name == "opencl" || name.StartsWith("opencl:", StringComparison.Ordinal) => threads == 0
                ? OpenClDevice.Open(name, checking: isChecked ? CheckMode.Require : CheckMode.Drop)
                : throw new DeviceUnavailableException($"the number of threads of '{name}' is its driver's business; leave it out"),
            _ =>
            throw new DeviceUnavailableException(
            $"there is no device '{name}'; this build has {string.Join(", ", All().Select(d => d.Name))}"),
        };
    }

    /// <summary>Bytes that can still be allocated; on the host's processors, the physical memory that is free and that the process may have.</summary>
    public virtual long AvailableBytes => FreeMemory.Bytes;

    /// <summary>
    /// A device that takes the launches and copies of this one but runs nothing and has no memory: what is allocated on it says how much this device
    /// would need. What is read from it is zero.
    /// </summary>
    public Device ForPlanning() => new PlanningDevice(this) { Precision = Precision };

    /// <summary>
    /// A device as <see cref="ForPlanning"/> gives it, whose launches are compiled for this one meanwhile, side by side on its threads; disposing it waits until all are. What
    /// was gone through on it finds its kernels ready. Null where nothing is gained: on one thread, and where a driver compiles.
    /// </summary>
    public virtual Device? ForPreparing() => null;

    /// <summary>Whether its memory is the host's, so that <see cref="AddressOf"/> gives addresses of the host and launches are done when they return.</summary>
    public virtual bool SharesHostMemory => false;

    /// <summary>Whether its memory is a CUDA card's, so that <see cref="AddressOf"/> gives addresses that libraries for CUDA take.</summary>
    public virtual bool IsCuda => false;

    /// <summary>Where a view's memory is, valid while its buffer is not disposed.</summary>
    /// <exception cref="NotSupportedException">The device's memory has no addresses; copy with <see cref="Stream.Read"/> and <see cref="Stream.Write"/>.</exception>
    public nint AddressOf<T>(ArrayView<T> view)
        where T : unmanaged => SharesHostMemory || IsCuda ? ViewAddress.Of(view)
        : throw new NotSupportedException($"the memory of {Name} has no addresses; copy with Read and Write");

    /// <summary>Allocates memory of the device; its contents are undefined.</summary>
    /// <exception cref="DeviceUnavailableException">There is not enough; the message has the figures.</exception>
    public Buffer<T> Allocate<T>(long length)
        where T : unmanaged => new(this, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    static string PrecisionName(Precision one) => one.ToString().ToLowerInvariant();

    /// <summary>Frees what the device holds.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>With a profiler: when the launch that is under way began on the device, as far as the device tells.</summary>
    internal long Began { get; set; }

    internal abstract void Run(Launch launch);

    /// <summary>Does recorded work again; devices that can take it as a whole override it.</summary>
    internal virtual void Replay(Recording recorded) => recorded.Replay(Stream);

    /// <summary>The address of fresh, 64-byte aligned memory, or zero if there is none.</summary>
    internal nint AllocateBytes(long bytes)
    {
        nint address = Reserve(bytes);
        if (address == 0)
        {
            throw new DeviceUnavailableException(
                $"{Name}: {bytes / 1048576.0:F0} MiB could not be allocated, {AllocatedBytes / 1048576.0:F0} MiB are in use; take a "
                + "smaller batch, picture or model");
        }

        Interlocked.Add(ref allocatedBytes, bytes);
        return address;
    }

    internal void FreeBytes(nint address, long bytes)
    {
        Release(address);
        Interlocked.Add(ref allocatedBytes, -bytes);
    }

    /// <summary>Waits until everything that was asked for is done; devices that return from a launch before it ran override it.</summary>
    internal virtual void Synchronize()
    {
    }

    internal abstract void CopyIn(ReadOnlySpan<byte> source, nint target);

    internal abstract void CopyOut(nint source, Span<byte> target);

    internal abstract void CopyWithin(nint source, nint target, long bytes);

    internal abstract void ClearBytes(nint target, long bytes);

    private protected abstract nint Reserve(long bytes);

    private protected abstract void Release(nint address);
}

/// <summary>One line of the list of devices.</summary>
/// <param name="Name">The name to open it by.</param>
/// <param name="Kind">host, opencl, cuda or ilgpu.</param>
/// <param name="Available">Whether it can be opened here.</param>
/// <param name="Reason">What it is, or why it is refused and what to install.</param>
public sealed record DeviceDescription(string Name, string Kind, bool Available, string Reason);

/// <summary>A device that was asked for cannot be had. There is no quiet fallback.</summary>
public sealed class DeviceUnavailableException(string message) : Exception(message);

/// <summary>A kernel failed; the message names the kernel and the thread.</summary>
public sealed class KernelException(string message, Exception? inner = null) : Exception(message, inner);
