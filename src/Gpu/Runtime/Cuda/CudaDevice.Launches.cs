using System.Diagnostics;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <content>Launches, their times, and the reports of checks.</content>
sealed unsafe partial class CudaDevice
{
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
        bool aligned = Alignment.OfViews(kernel.Parameters, arguments);
        void** addresses = stackalloc void*[count + 1];
        for (int p = 0; p < count; p++)
            addresses[p] = values + p;

        CudaProgram program = kernel.Program(aligned);
        var (grid, threads) = launch.Config is { } config ? (config.GridDim, config.GroupDim) : Spread(kernel, program, launch.Extent.Size);
        if (Math.Max(grid.Y, grid.Z) > MostGroupsAcross || threads.Z > MostThreadsDeep)
        {
            throw new KernelException(
                $"a card takes {MostGroupsAcross} groups along y and z and {MostThreadsDeep} threads along z at most");
        }

        Time(isEnd: false);
        int code = api.LaunchKernel(program.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads.X, (uint)threads.Y,
            (uint)threads.Z, 0, stream, addresses, null);
        if (code == CudaStatus.OutOfMemory)
        {
            throw new DeviceUnavailableException($"{launch.Kernel.Name}: {Name} has no memory left for the launch: "
                + $"{CudaStatus.Describe(api, code)}; {AllocatedBytes / 1048576.0:F0} MiB are in use; take a smaller batch, picture or "
                + "model");
        }

        if (code == CudaStatus.LaunchOutOfResources)
        {
            throw new KernelException(
                $"the card cannot run {RecentLaunches.Words("it", grid, threads)}: {program.Resources}; {CudaStatus.Describe(api, code)}");
        }

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
}
