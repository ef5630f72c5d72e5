using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Targets.OpenCl;

namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>
/// A device of an OpenCL driver: <c>opencl:0</c> and so on. Launches go into one queue that keeps their order, and return at once; copies
/// to and from the host wait for what came before them.
/// </summary>
sealed unsafe class OpenClDevice : Device
{
    // A host that runs far ahead waits after so many launches, so that the queue does not grow without end.
    const int LaunchesAhead = 1024;

    readonly OpenClApi api;
    readonly OpenClHardware hardware;
    readonly ProgramCache? cache;
    readonly CheckMode checking;
    readonly AddressTable addresses = new();
    readonly KernelVariants<OpenClKernel> kernels;
    readonly Lock gate = new();
    readonly nint context;
    readonly nint queue;
    readonly FailureReport? report;
    int launches;
    bool disposed;

    OpenClDevice(string name, OpenClApi api, OpenClHardware hardware, ProgramCache? cache, int lanes, CheckMode checking)
        : base(name, Math.Max(1, hardware.IsCpu ? hardware.ComputeUnits : 1))
    {
        this.api = api;
        this.hardware = hardware;
        this.cache = cache;
        this.checking = checking;
        Lanes = lanes;
        Properties = hardware.Properties(lanes);
        kernels = new((_, kernel, group) => OpenClKernel.Compile(kernel, group, Lanes, checking, (text, name) => Build(name, text)));
        nint id = hardware.Id;
        int code;
        context = api.CreateContext(null, 1, &id, null, null, &code);
        Require(code, $"{name} ({hardware.Name}): no context could be made");
        queue = api.CreateCommandQueue(context, id, 0, &code);
        if (code != OpenClStatus.Success)
            api.ReleaseContext(context);
        Require(code, $"{name} ({hardware.Name}): no queue could be made");
        if (checking == CheckMode.Require)
            report = new FailureReport(api, context, queue);
    }

    public override string Description => $"OpenCL: {hardware.Description}, {(Lanes == 1 ? "a thread" : $"{Lanes} threads")} a work-item"
        + (Lanes > 1 ? "" : hardware.SubGroup > 0 ? $", sub-groups of {hardware.SubGroup}"
        : $", sub-groups of {Properties.Width} taken for granted") + $"{(report == null ? "" : ", every access checked")}";

    public override long AvailableBytes => hardware.GlobalBytes - AllocatedBytes;

    /// <summary>Threads of a work-item.</summary>
    public int Lanes { get; }

    /// <summary>Programs that were taken from the disk, and those that were compiled.</summary>
    public (int Cached, int Compiled) Programs { get; private set; }

    /// <summary>The lines of the list of devices; without one, what to install.</summary>
    public static IReadOnlyList<DeviceDescription> List()
    {
        IReadOnlyList<OpenClHardware> all = OpenClHardware.All();
        return all.Count == 0
            ? [new DeviceDescription("opencl", "opencl", false, OpenClHardware.NoDriver)]
            : [.. all.Select((hardware, n) => new DeviceDescription($"opencl:{n}", "opencl", hardware.Refusal == null,
                hardware.Description + (hardware.Refusal == null ? "" : $": {hardware.Refusal}")))];
    }

    /// <summary>Opens <c>opencl</c> or <c>opencl:N</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cacheFolder">Where compiled programs are kept; null takes the user's cache.</param>
    /// <param name="lanes">Threads of a work-item; 0 takes what suits the device.</param>
    /// <param name="checking">Whether kernels check their indices and numbers.</param>
    /// <param name="runsOnce">Whether each kernel runs once only: its program is then built quickly, without the driver's optimizations, and not kept on disk.</param>
    /// <param name="limit">Makes it a device of less; null leaves it as it is.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be had; the message says why.</exception>
    public static OpenClDevice Open(string name, string? cacheFolder = null, int lanes = 0, CheckMode checking = CheckMode.Drop,
        bool runsOnce = false, Func<OpenClHardware, OpenClHardware>? limit = null)
    {
        int number = 0;
        if (name != "opencl" && !(name.StartsWith("opencl:", StringComparison.Ordinal) && int.TryParse(name["opencl:".Length..], out number)
            && number >= 0))
        {
            throw new DeviceUnavailableException($"there is no device '{name}'; OpenCL's are called opencl:0, opencl:1 and so on");
        }

        IReadOnlyList<OpenClHardware> all = OpenClHardware.All();
        if (all.Count == 0)
            throw new DeviceUnavailableException($"{name}: {OpenClHardware.NoDriver}");
        if (number >= all.Count)
        {
            throw new DeviceUnavailableException($"there is no device '{name}'; the OpenCL drivers here have {all.Count}, opencl:0"
                + $"{(all.Count > 1 ? $" to opencl:{all.Count - 1}" : "")}");
        }

        if (all[number].Refusal is { } refusal)
            throw new DeviceUnavailableException($"{name} ({all[number].Description}): {refusal}");
        ProgramCache? cache = runsOnce ? null : new ProgramCache(cacheFolder
            ?? System.IO.Path.Combine(ProgramCache.DefaultFolder, "opencl"));
        if (lanes == 0)
            lanes = all[number].IsCpu ? 16 : 1;
        OpenClHardware hardware = limit == null ? all[number] : limit(all[number]);
        return new OpenClDevice($"opencl:{number}", OpenClApi.Instance!, hardware, cache, lanes, checking);
    }

    internal override void Run(Launch launch)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            Enqueue(kernels.Of(launch), launch);
        }
    }

    /// <summary>Builds a text for this device.</summary>
    internal OpenClProgram Build(string name, OpenClText text)
    {
        OpenClProgram program = OpenClProgram.Build(api, context, hardware, cache, name, text.Entry, text.Text);
        Programs = program.FromCache ? (Programs.Cached + 1, Programs.Compiled) : (Programs.Cached, Programs.Compiled + 1);
        return program;
    }

    internal override void Synchronize() => Require(api.Finish(queue), "waiting for the queue");

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
        if (source.IsEmpty)
            return;
        var (memory, offset) = addresses.Resolve(target);
        fixed (byte* first = source)
        {
            Require(api.EnqueueWriteBuffer(queue, memory, 1, (nuint)offset, (nuint)source.Length, first, 0, null, null),
                $"copying {source.Length} bytes to the device");
        }
    }

    internal override void CopyOut(nint source, Span<byte> target)
    {
        if (target.IsEmpty)
            return;
        var (memory, offset) = addresses.Resolve(source);
        fixed (byte* first = target)
        {
            Require(api.EnqueueReadBuffer(queue, memory, 1, (nuint)offset, (nuint)target.Length, first, 0, null, null),
                $"copying {target.Length} bytes from the device");
        }
    }

    internal override void CopyWithin(nint source, nint target, long bytes)
    {
        if (bytes == 0)
            return;
        var (from, start) = addresses.Resolve(source);
        var (to, at) = addresses.Resolve(target);
        Require(api.EnqueueCopyBuffer(queue, from, to, (nuint)start, (nuint)at, (nuint)bytes, 0, null, null),
            $"copying {bytes} bytes on the device");
    }

    internal override void ClearBytes(nint target, long bytes)
    {
        if (bytes == 0)
            return;
        var (memory, offset) = addresses.Resolve(target);
        UInt128 zeros = 0;
        // A pattern's size must divide place and length; longer ones are faster.
        long pattern = (offset | bytes) % 16 == 0 ? 16 : (offset | bytes) % 4 == 0 ? 4 : 1;
        Require(api.EnqueueFillBuffer(queue, memory, &zeros, (nuint)pattern, (nuint)offset, (nuint)bytes, 0, null, null),
            $"clearing {bytes} bytes");
    }

    private protected override nint Reserve(long bytes)
    {
        if (bytes > hardware.GlobalBytes - AllocatedBytes || bytes > hardware.MaxAllocationBytes)
            return 0;
        int code;
        nint memory = api.CreateBuffer(context, 1 /* read and write */, (nuint)bytes, null, &code);
        if (OpenClStatus.IsOutOfMemory(code))
            return 0;
        Require(code, $"allocating {bytes} bytes");
        return addresses.Add(memory, bytes);
    }

    private protected override void Release(nint address)
    {
        // The driver keeps it until the commands that use it are done.
        if (addresses.Remove(address) is var memory and not 0)
            api.ReleaseMemObject(memory);
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            api.Finish(queue);
            foreach (OpenClKernel kernel in kernels.All)
                kernel.Dispose();
            foreach (nint memory in addresses.Clear())
                api.ReleaseMemObject(memory);
            report?.Dispose();
            api.ReleaseCommandQueue(queue);
            api.ReleaseContext(context);
        }
    }

    void Enqueue(OpenClKernel kernel, Launch launch)
    {
        try
        {
            SetArguments(kernel, launch);
            var (global, local) = kernel.WorkItems(launch);
            if (kernel.Group is { } group && group.Size > hardware.MaxWorkGroup * kernel.Lanes)
                throw new KernelException($"the device has work-groups of {hardware.MaxWorkGroup} at most");
            if (kernel.GroupBytes > hardware.LocalBytes)
                throw new KernelException($"its groups share {kernel.GroupBytes} bytes, the device has {hardware.LocalBytes}");
            nuint* globals = stackalloc nuint[] { (nuint)global.X, (nuint)global.Y, (nuint)global.Z };
            nuint* locals = stackalloc nuint[] { (nuint)local.X, (nuint)local.Y, (nuint)local.Z };
            int code = api.EnqueueNDRangeKernel(queue, kernel.Program.Kernel, 3, null, globals, locals, 0, null, null);
            if (OpenClStatus.IsOutOfMemory(code))
            {
                throw new DeviceUnavailableException($"{launch.Kernel.Name}: {Name} has no memory left for the launch ("
                    + $"{OpenClStatus.Name(code)}), {AllocatedBytes / 1048576.0:F0} MiB are in use; take a smaller batch, picture or "
                    + "model");
            }

            Require(code, "the driver refuses the launch");
            if (++launches % LaunchesAhead == 0)
                Require(api.Finish(queue), "waiting for the queue");
            else if (launches % 16 == 0)
                api.Flush(queue);
        }
        catch (Exception e) when (e is KernelException or InvalidOperationException)
        {
            throw new KernelException($"{launch.Kernel.Name}, launched over {launch.Shape}: {e.Message}", e);
        }

        if (report?.Read() is { } failure)
            throw new KernelException($"{launch.Kernel.Name}, launched over {launch.Shape}: {failure.Describe(kernel.Checks)}");
    }

    void SetArguments(OpenClKernel kernel, Launch launch)
    {
        nint handle = kernel.Program.Kernel;
        uint next = 0;
        if (launch.Config == null)
        {
            Set(IrType.I32, (uint)launch.Extent.X);
            Set(IrType.I32, (uint)launch.Extent.Y);
            Set(IrType.I32, (uint)launch.Extent.Z);
        }

        ReadOnlySpan<ulong> values = launch.Parameters;
        for (int p = 0; p < kernel.Parameters.Length; p++)
            Set(kernel.Parameters[p], values[p]);
        if (kernel.GroupBytes > 0)
            Require(api.SetKernelArg(handle, next++, (nuint)kernel.GroupBytes, null), "giving groups their memory");
        if (report != null)
        {
            nint memory = report.Memory;
            Require(api.SetKernelArg(handle, next++, (nuint)sizeof(nint), &memory), "passing the report");
        }

        void Set(IrType type, ulong value)
        {
            if (type == IrType.Global)
            {
                // A view of nothing has no buffer.
                var (memory, offset) = value == 0 ? (0, 0) : addresses.Resolve((nint)value);
                Require(api.SetKernelArg(handle, next, (nuint)sizeof(nint), memory == 0 ? null : &memory), $"passing argument {next}");
                next++;
                value = (ulong)offset;
            }

            bool wide = type is IrType.I64 or IrType.F64 or IrType.Global;
            Require(api.SetKernelArg(handle, next, wide ? 8u : 4u, &value), $"passing argument {next}");
            next++;
        }
    }

    static void Require(int code, string what) => OpenClStatus.Require(code, what);
}
