using System.Diagnostics;
using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Passes;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// An NVIDIA card: <c>cuda:0</c> and so on, through the functions of its driver and nothing else. Launches, copies and clearing go into one stream and return at
/// once; reading waits for what came before it.
/// </summary>
sealed unsafe class CudaDevice : Device
{
    const uint NonBlocking = 1;
    const int RelaxedCapture = 2;
    const int MostGroupsAcross = 65535, MostThreadsDeep = 64;
    const int ReportBytes = 4 * sizeof(long);

    readonly CudaApi api;
    readonly CudaHardware hardware;
    readonly ProgramCache cache;
    readonly Checking checking;
    readonly KernelVariants<CudaKernel> kernels;
    readonly Dictionary<Recording, CudaGraph> graphs = [];
    readonly RecentLaunches recent = new();
    readonly Lock gate = new();
    readonly nint context;
    readonly nint stream;
    readonly CudaMemory memory;
    readonly CudaTransfers transfers;
    readonly nint report;
    (nint Start, nint End) timing;
    string? lost;
    int recorded;
    bool disposed;

    CudaDevice(string name, CudaApi api, CudaHardware hardware, ProgramCache cache, Checking checking)
        : base(name, 1)
    {
        this.api = api;
        this.hardware = hardware;
        this.cache = cache;
        this.checking = checking;
        kernels = new((_, kernel, group) => new CudaKernel(kernel, group, checking, hardware, Load));
        nint made;
        Require(api.DevicePrimaryCtxRetain(&made, hardware.Id), "making a context");
        context = made;
        try
        {
            Enter();
            Require(api.StreamCreate(&made, NonBlocking), "making a stream");
            stream = made;
            memory = new CudaMemory(api, hardware, stream);
            transfers = new CudaTransfers(api, stream, Require);
            if (checking == Checking.Require)
            {
                report = memory.Allocate(ReportBytes, out int code);
                Require(code, "allocating the report of checks");
                Require(api.MemsetD8Async(report, 0, ReportBytes, stream), "clearing the report of checks");
            }
        }
        catch
        {
            if (stream != 0)
                api.StreamDestroy(stream);
            api.DevicePrimaryCtxRelease(hardware.Id);
            throw;
        }
    }

    /// <summary>A warp: fewer threads a group would leave some of its lanes idle.</summary>
    public override int GroupThreads => 32;

    public override int GroupsAtOnce => Math.Max(1, hardware.Multiprocessors);

    public override int SharedBytes => hardware.SharedBytesPerGroup;

    public override bool HasMatrixUnits => hardware.HasMatrixUnits;

    private protected override string MatrixUnitsLacking => $" and a driver for CUDA 11 or later (this is {hardware.Description})";

    public override long AvailableBytes
    {
        get
        {
            lock (gate)
            {
                Enter();
                nuint free, all;
                RefuseWhileRecording("asked for its memory");
                // What is kept for later is free to us, but not to the driver.
                memory.Trim();
                Require(api.MemGetInfo(&free, &all), "asking for the free memory");
                return (long)free;
            }
        }
    }

    public override string Description => $"CUDA: {hardware.Description}, kernels for sm_{hardware.SmVersion}{(report == 0 ? "" : ", every access checked")}";

    /// <summary>What the driver says of the card.</summary>
    public CudaHardware Hardware => hardware;

    /// <summary>How many programs came from the disk, and how many were compiled.</summary>
    public (int Cached, int Compiled) Programs { get; private set; }

    /// <summary>The lines of the list of devices; without one, what to install.</summary>
    /// <param name="api">The driver; null if there is none.</param>
    public static IReadOnlyList<DeviceDescription> List(CudaApi? api)
    {
        IReadOnlyList<CudaHardware> all = CudaHardware.All(api, out string? refusal);
        return refusal != null
            ? [new DeviceDescription("cuda", "cuda", false, refusal)]
            : [.. all.Select((hardware, n) => new DeviceDescription($"cuda:{n}", "cuda", hardware.Refusal == null,
                hardware.Description + (hardware.Refusal == null ? "" : $": {hardware.Refusal}")))];
    }

    /// <summary>Opens <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="api">The driver; null if there is none.</param>
    /// <param name="cacheFolder">Where compiled programs are kept; null takes the user's cache.</param>
    /// <param name="checking">Whether kernels check their indices and numbers.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be had; the message says why.</exception>
    public static CudaDevice Open(string name, CudaApi? api, string? cacheFolder = null, Checking checking = Checking.Drop)
    {
        int number = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name["cuda:".Length..], out number) && number >= 0))
            throw new DeviceUnavailableException($"there is no device '{name}'; NVIDIA's cards are called cuda:0, cuda:1 and so on");
        IReadOnlyList<CudaHardware> all = CudaHardware.All(api, out string? refusal);
        if (refusal != null)
            throw new DeviceUnavailableException($"{name}: {refusal}");
        if (number >= all.Count)
            throw new DeviceUnavailableException($"there is no device '{name}'; the NVIDIA driver has {all.Count}, cuda:0{(all.Count > 1 ? $" to cuda:{all.Count - 1}" : "")}");
        if (all[number].Refusal is { } why)
            throw new DeviceUnavailableException($"{name} ({all[number].Description}): {why}");
        var cache = new ProgramCache(cacheFolder ?? System.IO.Path.Combine(ProgramCache.DefaultFolder, "cuda"));
        try
        {
            return new CudaDevice($"cuda:{number}", api!, all[number], cache, checking);
        }
        catch (KernelException e)
        {
            throw new DeviceUnavailableException($"cuda:{number} ({all[number].Description}) cannot be opened: {e.Message}");
        }
    }

    /// <summary>
    /// Records the launches, copies within the device and clearings of <paramref name="work"/> instead of running them. Nothing in it may read from
    /// the device, write to it or wait for it.
    /// </summary>
    /// <exception cref="InvalidOperationException">A recording is under way, or the device is checked or profiled, where the host looks at each launch.</exception>
    /// <exception cref="KernelException">The driver cannot record.</exception>
    public CudaGraph Record(Action work)
    {
        lock (gate)
        {
            Enter();
            if (memory.IsRecording)
                throw new InvalidOperationException($"{Name}: a recording is under way already");
            if (report != 0 || Profiler != null)
                throw new InvalidOperationException($"{Name}: nothing can be recorded while every launch is {(report != 0 ? "checked" : "profiled")}; open the device without that");
            Require(api.StreamBeginCapture(stream, RelaxedCapture), "beginning to record (which takes a driver for CUDA 11.4 or later)");
            memory.BeginRecording();
            recorded = 0;
            nint graph = 0;
            int code;
            bool whole = false;
            try
            {
                work();
                whole = true;
            }
            finally
            {
                code = api.StreamEndCapture(stream, &graph);
                memory.EndRecording();
                if (!whole && graph != 0)
                    api.GraphDestroy(graph);
            }

            Require(code, "ending the recording");
            nint executable;
            code = api.GraphInstantiate(&executable, graph, 0);
            api.GraphDestroy(graph);
            Require(code, $"making a graph of {recorded} launches");
            return new CudaGraph(this, executable, recorded);
        }
    }

    /// <summary>What the driver gives a kernel, in words. Of an explicitly grouped one, for groups of any size.</summary>
    public string Resources(System.Reflection.MethodInfo kernel)
    {
        lock (gate)
        {
            Enter();
            CudaProgram program = new CudaKernel(Frontend.SpecialisedKernel.Of(kernel), null, Checking.Drop, hardware, Load).Program(aligned: true);
            program.Unload();
            return program.Resources;
        }
    }

    // As a graph, which is made when it is first replayed; launch by launch where the host looks at each, or the driver has no graphs.
    internal override void Replay(Recording recorded)
    {
        if (Profiler != null || report != 0 || Settings.Current.Debug >= 2 || !hardware.HasGraphs)
        {
            recorded.Replay(Stream);
            return;
        }

        lock (gate)
        {
            if (!graphs.TryGetValue(recorded, out CudaGraph? graph))
                graphs.Add(recorded, graph = Record(() => recorded.Replay(Stream)));
            graph.Replay();
        }
    }

    /// <summary>Runs a graph.</summary>
    internal void Replay(nint executable, int launches)
    {
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("replayed");
            Require(api.GraphLaunch(executable, stream), $"replaying {launches} launches");
            recent.Add($"a recording of {launches} launches", new Index3D(1, 1, 1), new Index3D(1, 1, 1));
        }
    }

    /// <summary>Frees a graph.</summary>
    internal void Discard(nint executable)
    {
        lock (gate)
        {
            if (disposed)
                return;
            api.CtxSetCurrent(context);
            api.GraphExecDestroy(executable);
        }
    }

    internal override void Run(Launch launch)
    {
        lock (gate)
        {
            Enter();
            try
            {
                Enqueue(launch);
            }
            catch (KernelException e)
            {
                throw new KernelException($"{launch.Kernel.Name}, launched over {launch.Shape}: {e.Message}", e);
            }
        }
    }

    internal override void Synchronize()
    {
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("waited for");
            Require(api.StreamSynchronize(stream), "waiting for the device");
            recent.Clear();
        }
    }

    internal override void CopyIn(ReadOnlySpan<byte> source, nint target)
    {
        if (source.IsEmpty)
            return;
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("written to");
            transfers.ToDevice(source, target);
        }
    }

    internal override void CopyOut(nint source, Span<byte> target)
    {
        if (target.IsEmpty)
            return;
        lock (gate)
        {
            Enter();
            RefuseWhileRecording("read from");
            transfers.FromDevice(source, target);
            recent.Clear();
        }
    }

    internal override void CopyWithin(nint source, nint target, long bytes)
    {
        if (bytes == 0)
            return;
        lock (gate)
        {
            Enter();
            Require(api.MemcpyDtoDAsync(target, source, (nuint)bytes, stream), $"copying {bytes} bytes on the device");
        }
    }

    internal override void ClearBytes(nint target, long bytes)
    {
        if (bytes == 0)
            return;
        lock (gate)
        {
            Enter();
            Require(api.MemsetD8Async(target, 0, (nuint)bytes, stream), $"clearing {bytes} bytes");
        }
    }

    private protected override nint Reserve(long bytes)
    {
        if (bytes > hardware.GlobalBytes)
            return 0;
        lock (gate)
        {
            Enter();
            nint address = memory.Allocate(bytes, out int code);
            if (code != CudaStatus.OutOfMemory)
                Require(code, $"allocating {bytes} bytes");
            return address;
        }
    }

    private protected override void Release(nint address)
    {
        lock (gate)
        {
            if (disposed || lost != null)
                return;
            api.CtxSetCurrent(context);
            memory.Free(address);
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposed)
                return;
            api.CtxSetCurrent(context);
            api.StreamSynchronize(stream);
            foreach (CudaGraph graph in graphs.Values)
                graph.Dispose();
            disposed = true;
            foreach (CudaProgram program in kernels.All.SelectMany(kernel => kernel.Programs))
                program.Unload();
            transfers.Dispose();
            memory.Dispose();
            if (timing.Start != 0)
            {
                api.EventDestroy(timing.Start);
                api.EventDestroy(timing.End);
            }

            api.StreamDestroy(stream);
            api.DevicePrimaryCtxRelease(hardware.Id);
        }
    }

    void Enqueue(Launch launch)
    {
        CudaKernel kernel = kernels.Of(launch);
        ReadOnlySpan<ulong> arguments = launch.Parameters;
        int before = launch.Config == null ? 3 : 0, count = before + arguments.Length + (report == 0 ? 0 : 1);
        ulong* values = stackalloc ulong[count + 1];
        if (launch.Config == null)
            (values[0], values[1], values[2]) = ((uint)launch.Extent.X, (uint)launch.Extent.Y, (uint)launch.Extent.Z);
        arguments.CopyTo(new Span<ulong>(values + before, arguments.Length));
        if (report != 0)
            values[count - 1] = (ulong)report;
        bool aligned = true;
        for (int p = 0; p < kernel.Parameters.Length; p++)
            aligned &= kernel.Parameters[p] != IrType.Global || values[before + p] % 16 == 0;
        void** addresses = stackalloc void*[count + 1];
        for (int p = 0; p < count; p++)
            addresses[p] = values + p;

        CudaProgram program = kernel.Program(aligned);
        var (grid, threads) = launch.Config is { } config ? (config.GridDim, config.GroupDim) : Spread(kernel, program, launch.Extent.Size);
        if (Math.Max(grid.Y, grid.Z) > MostGroupsAcross || threads.Z > MostThreadsDeep)
            throw new KernelException($"a card takes {MostGroupsAcross} groups along y and z and {MostThreadsDeep} threads along z at most");
        Time(isEnd: false);
        int code = api.LaunchKernel(program.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads.X, (uint)threads.Y, (uint)threads.Z, 0, stream, addresses, null);
        if (code == CudaStatus.OutOfMemory)
            throw new DeviceUnavailableException($"{launch.Kernel.Name}: {Name} has no memory left for the launch: {CudaStatus.Describe(api, code)}; {AllocatedBytes / 1048576.0:F0} MiB are in use; take a smaller batch, picture or model");
        if (code == CudaStatus.LaunchOutOfResources)
            throw new KernelException($"the card cannot run {RecentLaunches.Words("it", grid, threads)}: {program.Resources}; {CudaStatus.Describe(api, code)}");
        Require(code, "the driver refuses the launch");
        recorded++;
        recent.Add(launch.Kernel.Name, grid, threads);
        Time(isEnd: true);
        if (report != 0 && ReadReport() is { } failure)
            throw new KernelException(failure.Describe(kernel.Checks));
    }

    static (Index3D Grid, Index3D Group) Spread(CudaKernel kernel, CudaProgram program, int threads)
    {
        var (groups, size) = kernel.Spread(program, threads);
        return (new Index3D(groups, 1, 1), new Index3D(size, 1, 1));
    }

    // For a profiler, which waits for each launch: when the card began with it, by the card's own clock.
    void Time(bool isEnd)
    {
        if (Profiler == null)
            return;
        if (timing.Start == 0)
        {
            nint start, end;
            Require(api.EventCreate(&start, 0), "making an event");
            Require(api.EventCreate(&end, 0), "making an event");
            timing = (start, end);
        }

        Require(api.EventRecord(isEnd ? timing.End : timing.Start, stream), "recording an event");
        if (!isEnd)
            return;
        float milliseconds;
        Require(api.EventSynchronize(timing.End), "waiting for the launch");
        Require(api.EventElapsedTime(&milliseconds, timing.Start, timing.End), "reading the card's clock");
        Began = Math.Max(Began, Stopwatch.GetTimestamp() - (long)(milliseconds * Stopwatch.Frequency / 1000));
    }

    CheckFailure? ReadReport()
    {
        long* numbers = stackalloc long[4];
        transfers.FromDevice(report, new Span<byte>(numbers, ReportBytes));
        recent.Clear();
        if (numbers[0] == 0)
            return null;
        Require(api.MemsetD8Async(report, 0, ReportBytes, stream), "clearing the report of checks");
        return new CheckFailure(unchecked((int)numbers[1]), numbers[2], numbers[3]);
    }

    CudaProgram Load(string name, Targets.Ptx.PtxModule text)
    {
        CudaProgram program = CudaProgram.Load(api, hardware, cache, name, text);
        Programs = program.FromCache ? (Programs.Cached + 1, Programs.Compiled) : (Programs.Cached, Programs.Compiled + 1);
        return program;
    }

    // The driver's functions work on the context of the host's thread, and any thread may come.
    void Enter()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (lost != null)
            throw new KernelException(lost);
        Require(api.CtxSetCurrent(context), "taking the context");
    }

    void RefuseWhileRecording(string what)
    {
        if (memory.IsRecording)
            throw new InvalidOperationException($"{Name} is {what} while a recording is under way; do that before or after it");
    }

    void Require(int code, string what)
    {
        if (code == CudaStatus.Success)
            return;
        string launches = recent.Describe();
        string blame = launches.Length == 0 ? "" : $"; launches run behind the host, the last ones were {launches}";
        if (!CudaStatus.IsLost(code))
            throw new KernelException($"{Name}: {what}: {CudaStatus.Describe(api, code)}{blame}");
        lost = $"{Name} is lost: {what}: {CudaStatus.Describe(api, code)}{blame}. Start the program again{(report == 0 ? "; with D2_CHECK=1 it names the kernel, index and line" : "")}";
        throw new KernelException(lost);
    }
}
