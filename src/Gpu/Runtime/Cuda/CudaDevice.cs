using Dalle2.Gpu.Passes;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>
/// An NVIDIA card: <c>cuda:0</c> and so on, through the functions of its driver and nothing else. Launches, copies and clearing go into one stream and return at
/// once; reading waits for what came before it.
/// </summary>
sealed unsafe partial class CudaDevice : Device
{
    const uint NonBlocking = 1;
    const int RelaxedCapture = 2;
    const int MostGroupsAcross = 65535, MostThreadsDeep = 64;
    const int ReportBytes = 4 * sizeof(long);

    readonly CudaApi api;
    readonly CudaHardware hardware;
    readonly ProgramCache cache;
    readonly CheckMode checking;
    readonly KernelVariants<CudaKernel> kernels;
    readonly HashSet<nint> graphs = [];
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

    CudaDevice(string name, CudaApi api, CudaHardware hardware, ProgramCache cache, CheckMode checking)
        : base(name, 1)
    {
        this.api = api;
        this.hardware = hardware;
        this.cache = cache;
        this.checking = checking;
        Properties = hardware.Properties;
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
            if (checking == CheckMode.Require)
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

    public override bool IsCuda => true;

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

    public override string Description =>
        $"CUDA: {hardware.Description}, kernels for sm_{hardware.SmVersion}{(report == 0 ? "" : ", every access checked")}";

    /// <summary>What the driver says of the card.</summary>
    public CudaHardware Hardware => hardware;

    /// <summary>How many programs came from the disk, and how many were compiled.</summary>
    public (int Cached, int Compiled) Programs { get; private set; }

    /// <summary>What the driver gives a kernel, in words. Of an explicitly grouped one, for groups of any size.</summary>
    public string Resources(System.Reflection.MethodInfo kernel)
    {
        lock (gate)
        {
            Enter();
            CudaProgram program = new CudaKernel(new Frontend.SpecializedKernel(kernel), null, CheckMode.Drop, hardware,
                Load).Program(aligned: true);
            program.Unload();
            return program.Resources;
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

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (disposed)
                return;
            api.CtxSetCurrent(context);
            api.StreamSynchronize(stream);
            foreach (nint graph in graphs)
                api.GraphExecDestroy(graph);
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
        lost = $"{Name} is lost: {what}: {CudaStatus.Describe(api, code)}{blame}. Start the program again"
            + $"{(report == 0 ? "; with D2_CHECK=1 it names the kernel, index and line" : "")}";
        throw new KernelException(lost);
    }
}
