using System.Diagnostics;
using System.Globalization;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Runtime.Reference;
using Dalle2.Gpu.Runtime.Tracing;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>Runs kernels as vector code on a pool of workers. Which worker runs which threads never changes a bit.</summary>
sealed unsafe class SimdDevice : HostDevice
{
    // Lanes that go one by one lie in five slots of up to 16 lanes of 8 bytes.
    const int ScratchBytes = 5 * 16 * 8;

    // What a core's second cache holds at least.
    const int SecondCacheBytes = 1 << 20;

    readonly int bits;
    readonly bool isChecked;
    readonly KernelVariants<SimdKernel> kernels;
    readonly WorkerPool pool;
    readonly ThreadsWork threadsWork = new();
    readonly GroupsWork groupsWork = new();

    public SimdDevice(string name, int threads, int bits, bool isChecked)
        : base(name, threads)
    {
        this.bits = bits;
        this.isChecked = isChecked;
        kernels = new((launch, kernel, group) => SimdKernel.Of(launch.Kernel, kernel, bits, group, isChecked));
        pool = new WorkerPool(threads);
        Properties = new HardwareProperties
        {
            Processors = threads,
            Width = bits / 32,
            ThreadsPerProcessor = bits / 32,
            SharedBytesPerGroup = SecondCacheBytes,
            SharedBytesPerProcessor = SecondCacheBytes,
        };
    }

    public override string Description => $"kernels compiled for {bits}-bit vectors, on {Threads} thread{(Threads == 1 ? "" : "s")}"
        + $"{(isChecked ? ", every access checked" : "")}";

    public override Device? ForPreparing()
    {
        if (Threads == 1)
            return null;
        var started = new KernelVariants<Task>((launch, kernel, group) =>
        {
            (CompiledKernel compiled, int x) = (launch.Kernel, launch.Extent.X);
            return Task.Run(() => Compile(SimdKernel.Of(compiled, kernel, bits, group, isChecked), x));
        });
        return new PlanningDevice(this)
        {
            Precision = Precision,
            Launched = launch => started.Of(launch),
            Disposed = () =>
            {
                try
                {
                    Task.WaitAll(started.All);
                }
                catch (AggregateException)
                {
                    // The launch itself will say it.
                }
            },
        };
    }

    protected override void Dispose(bool disposing)
    {
        pool.Dispose();
        if (Settings.Current.Debug >= 1)
        {
            TraceOutput.Line(string.Create(CultureInfo.InvariantCulture,
                $"{Name}: {CompileTrace.Total.Methods} methods compiled in {CompileTrace.Total.Time.TotalSeconds:F2} s"));
        }
    }

    private protected override void RunKernel(Launch launch)
    {
        SimdKernel kernel = kernels.Of(launch);
        if (Profiler != null)
            Began = Stopwatch.GetTimestamp();
        try
        {
            if (launch.Config is { } config)
                pool.Run(groupsWork.Of(kernel, config, launch.ParameterAddress), config.GridDim.Size);
            else
                pool.Run(threadsWork.Of(kernel, launch.Extent, launch.ParameterAddress), threadsWork.Count);
        }
        catch (CheckFailedException failed)
        {
            throw new InvalidOperationException(Describe(kernel, failed), failed);
        }
    }

    // All code that a launch of so many threads side by side takes.
    static void Compile(SimdKernel kernel, int x)
    {
        if (kernel.Group != null)
        {
            _ = kernel.Grouped;
            return;
        }

        if (x >= kernel.Lanes)
            _ = kernel.Whole;
        if (x % kernel.Lanes != 0)
            _ = kernel.Masked;
    }

    static string Describe(SimdKernel kernel, CheckFailedException failed)
    {
        string group = kernel.Group == null ? "" : $"group {failed.Place}: ";
        if (failed.Check == RequireLine.Barrier)
            return group + WaitingVectors.Apart;
        Check check = kernel.Function.Checks[failed.Check];
        return $"{group}{check.Describe(failed.Found, failed.Limit)} ({SourceLines.Describe(check.Position)})";
    }

    static SimdContext Context(SimdKernel kernel, ulong* parameters, int vectors)
    {
        long shared = Aligned(kernel.SharedBytes), local = Aligned(kernel.LocalBytes) * vectors, frames = (long)kernel.FrameBytes * vectors;
        byte* memory = WorkerMemory.Get(ScratchBytes + shared + local + frames);
        return new SimdContext
        {
            Arguments = parameters,
            Scratch = memory,
            Shared = memory + ScratchBytes,
            Local = memory + ScratchBytes + shared,
            Frame = memory + ScratchBytes + shared + local,
        };
    }

    static long Aligned(int bytes) => (bytes + 63L) / 64 * 64;

    // Vectors lie along x, each row on its own; the last of a row may be masked. A piece is a vector.
    sealed class ThreadsWork : ChunkedWork
    {
        SimdKernel? kernel;
        SimdCode? whole;
        SimdCode? masked;
        Index3D extent;
        ulong* parameters;
        int vectors;
        int wholeEnd;

        public long Count => (long)vectors * extent.Y * extent.Z;

        public ThreadsWork Of(SimdKernel kernel, Index3D extent, ulong* parameters)
        {
            int lanes = kernel.Lanes;
            this.kernel = kernel;
            this.extent = extent;
            this.parameters = parameters;
            vectors = (extent.X + lanes - 1) / lanes;
            wholeEnd = extent.X / lanes * lanes;
            whole = wholeEnd > 0 ? kernel.Whole : null;
            masked = wholeEnd < extent.X ? kernel.Masked : null;
            return this;
        }

        public override void Run(long first, long end)
        {
            int lanes = kernel!.Lanes;
            SimdContext context = Context(kernel, parameters, 1);
            (context.ExtentX, context.ExtentY, context.ExtentZ) = (extent.X, extent.Y, extent.Z);
            while (first < end)
            {
                int row = (int)(first / vectors);
                int from = (int)(first % vectors) * lanes;
                long rowEnd = Math.Min(end, (long)(row + 1) * vectors);
                int to = Math.Min(extent.X, from + (int)(rowEnd - first) * lanes);
                (context.Y, context.Z) = (row % extent.Y, row / extent.Y);
                if (from < wholeEnd)
                    whole!(&context, from, Math.Min(to, wholeEnd));
                if (to > wholeEnd)
                    masked!(&context, wholeEnd, to);
                first = rowEnd;
            }
        }
    }

    // A piece is a group.
    sealed class GroupsWork : ChunkedWork
    {
        SimdKernel? kernel;
        SimdCode? code;
        Index3D grid;
        ulong* parameters;
        int vectors;

        public GroupsWork Of(SimdKernel kernel, KernelConfig config, ulong* parameters)
        {
            this.kernel = kernel;
            this.parameters = parameters;
            grid = config.GridDim;
            code = kernel.Grouped;
            vectors = kernel.FrameBytes == 0 ? 1 : (config.GroupDim.Size + kernel.Lanes - 1) / kernel.Lanes;
            return this;
        }

        public override void Run(long first, long end)
        {
            SimdContext context = Context(kernel!, parameters, vectors);
            (context.GridX, context.GridY, context.GridZ) = (grid.X, grid.Y, grid.Z);
            if (kernel!.FrameBytes == 0 && !kernel.IsChecked)
            {
                code!(&context, (int)first, (int)end);
                return;
            }

            for (int group = (int)first; group < end; group++)
            {
                // Undefined contents are made visible: all bits set is NaN for floats.
                if (kernel.IsChecked)
                    new Span<byte>(context.Shared, kernel.SharedBytes).Fill(0xFF);
                if (kernel.FrameBytes > 0)
                    WaitingVectors.Run(kernel, code!, ref context, group, vectors);
                else
                    code!(&context, group, group + 1);
            }
        }
    }
}
