using System.Diagnostics;
using Dalle2.Gpu.Dialect;
using Dalle2.Gpu.Frontend;
using Dalle2.Gpu.Ir;
using Dalle2.Gpu.Lowering;
using Dalle2.Gpu.Targets.Simd;

namespace Dalle2.Gpu.Runtime.Cpu;

/// <summary>Runs kernels as vector code on a pool of workers. Which worker runs which threads never changes a bit.</summary>
sealed unsafe class SimdDevice(string name, int threads, int bits, bool isChecked) : HostDevice(name, threads)
{
    // Chunks per worker: enough to even out unequal work, few enough to keep the dispatch cheap.
    const int ChunksPerThread = 4;

    // Lanes that go one by one lie in five slots of up to 16 lanes of 8 bytes.
    const int ScratchBytes = 5 * 16 * 8;

    readonly WorkerPool pool = new(threads);

    public override int GroupThreads => bits / 32;

    // As much as a core's second cache holds at least.
    public override int SharedBytes => 1 << 20;

    public override string Description => $"kernels compiled for {bits}-bit vectors, on {Threads} thread{(Threads == 1 ? "" : "s")}{(isChecked ? ", every access checked" : "")}";

    protected override void Dispose(bool disposing) => pool.Dispose();

    private protected override void RunKernel(Launch launch)
    {
        GroupExtent? group = launch.Config is { } c ? new GroupExtent(c.GroupDim.X, c.GroupDim.Y, c.GroupDim.Z) : null;
        SpecialisedKernel specialised = SpecialisedKernel.Of(launch);
        SimdKernel kernel = SimdKernel.Of(specialised, bits, group, isChecked);
        object[] given = specialised.Arguments(launch);
        int count = ArgumentPlan.Count(given);
        ulong* arguments = stackalloc ulong[Math.Max(count, 1)];
        ArgumentPlan.Write(given, arguments);
        nint parameters = (nint)arguments;
        if (Profiler != null)
            Began = Stopwatch.GetTimestamp();
        try
        {
            if (launch.Config is { } config)
                RunGroups(kernel, config, parameters);
            else
                RunThreads(kernel, launch.Extent, parameters);
        }
        catch (CheckFailedException failed)
        {
            throw new InvalidOperationException(Describe(kernel, failed), failed);
        }
    }

    static string Describe(SimdKernel kernel, CheckFailedException failed)
    {
        string group = kernel.Group == null ? "" : $"group {failed.Place}: ";
        if (failed.Check == RequireLine.Barrier)
            return group + WaitingVectors.Apart;
        Check check = kernel.Function.Checks[failed.Check];
        return $"{group}{check.Describe(failed.Found, failed.Limit)} ({SourceLines.Describe(check.Position)})";
    }

    // Vectors lie along x, each row on its own; the last of a row may be masked.
    void RunThreads(SimdKernel kernel, Index3D extent, nint parameters)
    {
        int lanes = kernel.Lanes;
        int vectors = (extent.X + lanes - 1) / lanes, rows = extent.Y * extent.Z;
        SimdCode? whole = extent.X >= lanes ? kernel.Whole : null, masked = extent.X % lanes != 0 ? kernel.Masked : null;
        long total = (long)vectors * rows;
        int wholeEnd = extent.X / lanes * lanes;
        Spread(total, (first, end) =>
        {
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
        });
    }

    void RunGroups(SimdKernel kernel, KernelConfig config, nint parameters)
    {
        SimdCode code = kernel.Grouped;
        int vectors = kernel.FrameBytes == 0 ? 1 : (kernel.Group!.Value.Size + kernel.Lanes - 1) / kernel.Lanes;
        Spread(config.GridDim.Size, (first, end) =>
        {
            SimdContext context = Context(kernel, parameters, vectors);
            (context.GridX, context.GridY, context.GridZ) = (config.GridDim.X, config.GridDim.Y, config.GridDim.Z);
            if (kernel.FrameBytes == 0 && !isChecked)
            {
                code(&context, (int)first, (int)end);
                return;
            }

            for (int group = (int)first; group < end; group++)
            {
                // Undefined contents are made visible: all bits set is NaN for floats.
                if (isChecked)
                    new Span<byte>(context.Shared, kernel.SharedBytes).Fill(0xFF);
                if (kernel.FrameBytes > 0)
                    WaitingVectors.Run(kernel, code, ref context, group, vectors);
                else
                    code(&context, group, group + 1);
            }
        });
    }

    static SimdContext Context(SimdKernel kernel, nint parameters, int vectors)
    {
        long shared = Aligned(kernel.SharedBytes), local = Aligned(kernel.LocalBytes) * vectors, frames = (long)kernel.FrameBytes * vectors;
        byte* memory = WorkerMemory.Get(ScratchBytes + shared + local + frames);
        return new SimdContext
        {
            Arguments = (ulong*)parameters,
            Scratch = memory,
            Shared = memory + ScratchBytes,
            Local = memory + ScratchBytes + shared,
            Frame = memory + ScratchBytes + shared + local,
        };
    }

    static long Aligned(int bytes) => (bytes + 63L) / 64 * 64;

    void Spread(long count, Action<long, long> body)
    {
        int chunks = (int)(Threads == 1 ? 1 : Math.Min(count, Threads * ChunksPerThread));
        if (chunks == 1)
            body(0, count);
        else
            pool.Run(chunks, chunk => body(count * chunk / chunks, count * (chunk + 1) / chunks));
    }
}
