using System.Runtime.InteropServices;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <content>Streams, graphs, launches and memory.</content>
sealed unsafe partial class StandInDriver
{
    readonly SortedList<long, long> allocations = [];
    readonly SortedList<long, long> pinned = [];
    readonly Queue<Action> pending = new();
    List<Action>? captured;
    long done, asked;
    long pooledBytes;

    /// <summary>Bytes of the card that are in use or kept by the pool.</summary>
    public long UsedBytes => allocations.Values.Sum() + pooledBytes;

    public override int StreamCreate(nint* stream, uint flags) => Make($"StreamCreate {flags}", stream, new Queue<Action>());

    public override int StreamDestroy(nint stream) => Answer("StreamDestroy", () => Remove<Queue<Action>>(stream));

    public override int StreamSynchronize(nint stream) => Answer("StreamSynchronize", () => Wait(asked));

    public override int StreamBeginCapture(nint stream, int mode) =>
        HasGraphs ? Answer($"StreamBeginCapture {mode}", () => captured = []) : CudaStatus.NotSupported;

    public override int StreamEndCapture(nint stream, nint* graph)
    {
        List<Action> nodes = captured!;
        captured = null;
        return Make($"StreamEndCapture {nodes.Count}", graph, nodes);
    }

    public override int GraphInstantiate(nint* executable, nint graph, ulong flags) =>
        Make("GraphInstantiate", executable, Get<List<Action>>(graph).ToArray());

    public override int GraphDestroy(nint graph) => Answer("GraphDestroy", () => Remove<List<Action>>(graph));

    public override int GraphLaunch(nint executable, nint stream) => Answer("GraphLaunch", () =>
    {
        foreach (Action node in Get<Action[]>(executable))
            Later(node);
    });

    public override int GraphExecDestroy(nint executable) => Answer("GraphExecDestroy", () => Remove<Action[]>(executable));

    public override int EventRecord(nint recorded, nint stream) => Answer("EventRecord", () => Get<Event>(recorded).After = asked);

    public override int EventSynchronize(nint recorded) => Answer("EventSynchronize", () => Wait(Get<Event>(recorded).After));

    public override int EventElapsedTime(float* milliseconds, nint start, nint end)
    {
        *milliseconds = 0.25f;
        return Answer("EventElapsedTime", () => Assert.That(Math.Max(Get<Event>(start).After, Get<Event>(end).After),
            Is.LessThanOrEqualTo(done), "both are over"));
    }

    public override int LaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra)
    {
        PtxProgram program = Get<PtxProgram>(function);
        program.Accesses = Accesses;
        var (grid, block) = (new Index3D((int)gridX, (int)gridY, (int)gridZ), new Index3D((int)blockX, (int)blockY, (int)blockZ));
        ulong[] bits = [.. program.Parameters.Select((parameter, p) =>
        {
            ulong value = 0;
            System.Buffer.MemoryCopy(parameters[p], &value, 8, parameter.Bytes);
            return value;
        })];
        return Answer($"LaunchKernel {program.Entry} {grid.X}x{grid.Y}x{grid.Z} {block.X}x{block.Y}x{block.Z}", () =>
        {
            if (grid.Y > 65535 || grid.Z > 65535 || block.Size > 1024 || block.Z > 64)
                throw new Refused(CudaStatus.InvalidValue);
            if (block.Size * Registers > 65536)
                throw new Refused(CudaStatus.LaunchOutOfResources);
            Later(() =>
            {
                if (Accesses != null)
                    Accesses.Kernel = program.Entry;
                program.Run(grid, block, bits, [.. allocations.Select(range => (range.Key, range.Key + range.Value))]);
            });
        });
    }

    public override int MemAlloc(nint* address, nuint bytes)
    {
        nint made = 0;
        int code = Answer($"MemAlloc {bytes}", () => made = Allocate((long)bytes));
        *address = made;
        return code;
    }

    public override int MemFree(nint address) => Answer("MemFree", () =>
    {
        RefuseInCapture();
        Wait(asked);
        Free(address);
    });

    public override int MemAllocAsync(nint* address, nuint bytes, nint stream)
    {
        nint made = 0;
        int code = Answer($"MemAllocAsync {bytes}", () =>
        {
            RefuseInCapture();
            // What was freed before in the stream is there.
            if (UsedBytes + (long)bytes > GlobalBytes)
                Wait(asked);
            pooledBytes = Math.Max(0, pooledBytes - (long)bytes);
            made = Allocate((long)bytes);
        });
        *address = made;
        return code;
    }

    public override int MemFreeAsync(nint address, nint stream) => Answer("MemFreeAsync", () =>
    {
        RefuseInCapture();
        if (!allocations.TryGetValue(address, out long bytes))
            throw new Refused(CudaStatus.InvalidValue);
        Later(() =>
        {
            Free(address);
            pooledBytes += bytes;
        });
    });

    public override int DeviceGetDefaultMemPool(nint* pool, int device)
    {
        *pool = 0x99;
        return HasPools ? CudaStatus.Success : CudaStatus.NotSupported;
    }

    public override int MemPoolSetAttribute(nint pool, int attribute, void* value) =>
        Answer($"MemPoolSetAttribute {attribute} {*(ulong*)value:x}", () => { });

    public override int MemPoolTrimTo(nint pool, nuint bytes) => Answer($"MemPoolTrimTo {bytes}", () => pooledBytes = 0);

    public override int MemGetInfo(nuint* free, nuint* all)
    {
        *free = (nuint)(GlobalBytes - UsedBytes);
        *all = (nuint)GlobalBytes;
        return Answer("MemGetInfo", () => { });
    }

    public override int MemHostAlloc(void** memory, nuint bytes, uint flags)
    {
        void* made = NativeMemory.AlignedAlloc(bytes, 4096);
        *memory = made;
        return Answer($"MemHostAlloc {bytes}", () => pinned.Add((long)made, (long)bytes));
    }

    public override int MemFreeHost(void* memory) => Answer("MemFreeHost", () =>
    {
        if (!pinned.Remove((long)memory))
            throw new Refused(CudaStatus.InvalidValue);
        Wait(asked);
        NativeMemory.AlignedFree(memory);
    });

    public override int MemcpyHtoDAsync(nint target, void* source, nuint bytes, nint stream) => Answer($"MemcpyHtoDAsync {bytes}", () =>
    {
        RequireInside(pinned, (nint)source, bytes);
        RequireInside(allocations, target, bytes);
        nint from = (nint)source;
        Later(() => System.Buffer.MemoryCopy((void*)from, (void*)target, bytes, bytes));
    });

    public override int MemcpyDtoHAsync(void* target, nint source, nuint bytes, nint stream) => Answer($"MemcpyDtoHAsync {bytes}", () =>
    {
        RequireInside(pinned, (nint)target, bytes);
        RequireInside(allocations, source, bytes);
        nint to = (nint)target;
        Later(() => System.Buffer.MemoryCopy((void*)source, (void*)to, bytes, bytes));
    });

    public override int MemcpyDtoDAsync(nint target, nint source, nuint bytes, nint stream) => Answer($"MemcpyDtoDAsync {bytes}", () =>
    {
        RequireInside(allocations, source, bytes);
        RequireInside(allocations, target, bytes);
        Later(() => System.Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes));
    });

    public override int MemsetD8Async(nint target, byte value, nuint count, nint stream) => Answer($"MemsetD8Async {count}", () =>
    {
        RequireInside(allocations, target, count);
        Later(() => new Span<byte>((void*)target, (int)count).Fill(value));
    });

    // Into the graph that is being recorded, or the stream.
    void Later(Action action)
    {
        if (captured != null)
        {
            captured.Add(action);
            return;
        }

        pending.Enqueue(action);
        asked++;
    }

    void Wait(long until)
    {
        RefuseInCapture();
        for (; done < until; done++)
        {
            Action action = pending.Dequeue();
            if (Sticky != 0)
                continue;
            try
            {
                action();
            }
            catch (PtxFault fault)
            {
                (Fault, Sticky) = (fault, fault.Message.Contains("outside") ? CudaStatus.IllegalAddress : CudaStatus.LaunchFailed);
            }
        }
    }

    void RefuseInCapture()
    {
        if (captured != null)
            throw new Refused(CudaStatus.CaptureUnsupported);
    }

    nint Allocate(long bytes)
    {
        if (bytes == 0)
            throw new Refused(CudaStatus.InvalidValue);
        if (UsedBytes + bytes > GlobalBytes)
            throw new Refused(CudaStatus.OutOfMemory);
        var made = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        // What nobody wrote is no number.
        new Span<byte>((void*)made, (int)bytes).Fill(0xFF);
        allocations.Add(made, bytes);
        return made;
    }

    void Free(nint address)
    {
        if (!allocations.Remove(address))
            throw new Refused(CudaStatus.InvalidValue);
        NativeMemory.AlignedFree((void*)address);
    }

    static void RequireInside(SortedList<long, long> ranges, nint address, nuint bytes)
    {
        if (!ranges.Any(range => address >= range.Key && address + (long)bytes <= range.Key + range.Value))
            throw new Refused(CudaStatus.InvalidValue);
    }
}
