using System.Runtime.InteropServices;
using System.Text;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>
/// Stands where NVIDIA's driver would: notes every call, does what the driver's document says, and runs launches in the PTX interpreter. Work of a stream is done as
/// late as is allowed, when somebody waits for it, so that what only works by luck on a fast card fails here. Any function can be made to fail.
/// </summary>
sealed unsafe partial class StandInDriver : CudaApi
{
    static int drivers;

    [ThreadStatic]
    static nint current;

    readonly nint ownContext = 0x7000 + Interlocked.Increment(ref drivers);
    readonly Dictionary<nint, object> handles = [];
    readonly Dictionary<int, nint> texts = [];
    readonly List<(string Function, int Code)> failures = [];
    nint nextHandle = 0x1000;
    bool isInitialized;
    int contexts;

    /// <summary>Every call but those that only ask or take the context, in order.</summary>
    public List<string> Calls { get; } = [];

    public int Cards { get; init; } = 1;

    public int Capability { get; init; } = 90;

    public int DriverVersion { get; init; } = 12040;

    public bool HasPools { get; init; } = true;

    public bool HasGraphs { get; init; } = true;

    public long GlobalBytes { get; init; } = 1L << 30;

    public int Multiprocessors { get; init; } = 4;

    /// <summary>What counts accesses to shared and device memory; null counts none.</summary>
    public WarpAccesses? Accesses { get; init; }

    public int Registers { get; set; } = 40;

    /// <summary>After a fault in a kernel, the code that every call gives, as the driver does.</summary>
    public int Sticky { get; private set; }

    /// <summary>The fault behind <see cref="Sticky"/>.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Whatever was made and not given back.</summary>
    public IEnumerable<string> Alive =>
        handles.Values.Select(value => value.GetType().Name).Concat(allocations.Select(_ => "memory")).Concat(pinned.Select(_ => "pinned"))
        .Concat(Enumerable.Repeat("context", contexts));

    /// <summary>The next call of a function gives this code.</summary>
    public void Fail(string function, int code) => failures.Add((function, code));

    public override int Init(uint flags) => Answer("Init", () => isInitialized = true, needsContext: false);

    public override int DriverGetVersion(int* version) => Put(version, DriverVersion);

    public override int GetErrorName(int code, byte** text) => Text(text, code, code switch
    {
        1 => "CUDA_ERROR_INVALID_VALUE",
        2 => "CUDA_ERROR_OUT_OF_MEMORY",
        100 => "CUDA_ERROR_NO_DEVICE",
        218 => "CUDA_ERROR_INVALID_PTX",
        400 => "CUDA_ERROR_INVALID_HANDLE",
        700 => "CUDA_ERROR_ILLEGAL_ADDRESS",
        701 => "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
        719 => "CUDA_ERROR_LAUNCH_FAILED",
        801 => "CUDA_ERROR_NOT_SUPPORTED",
        900 => "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
        _ => null,
    });

    public override int GetErrorString(int code, byte** text) => Text(text, code + 10000, $"what {code} means");

    public override int DeviceGetCount(int* count) => isInitialized ? Put(count, Cards) : CudaStatus.NotInitialized;

    public override int DeviceGet(int* device, int ordinal) => ordinal < Cards ? Put(device, 10 + ordinal) : CudaStatus.InvalidDevice;

    public override int DeviceGetName(byte* name, int length, int device)
    {
        Encoding.UTF8.GetBytes("Stand-in\0").CopyTo(new Span<byte>(name, length));
        return CudaStatus.Success;
    }

    public override int DeviceTotalMem(nuint* bytes, int device)
    {
        *bytes = (nuint)GlobalBytes;
        return CudaStatus.Success;
    }

    public override int DeviceGetAttribute(int* value, int attribute, int device) => attribute switch
    {
        8 => Put(value, 48 << 10),
        13 => Put(value, 1_000_000),
        16 => Put(value, Multiprocessors),
        38 => Put(value, 4 << 20),
        39 => Put(value, 2048),
        75 => Put(value, Capability / 10),
        76 => Put(value, Capability % 10),
        81 => Put(value, 100 << 10),
        82 => Put(value, 65536),
        115 => Put(value, HasPools ? 1 : 0),
        _ => CudaStatus.InvalidValue,
    };

    public override int DevicePrimaryCtxRetain(nint* context, int device)
    {
        *context = ownContext;
        return Answer($"DevicePrimaryCtxRetain {device}", () => contexts++, needsContext: false);
    }

    public override int DevicePrimaryCtxRelease(int device) =>
        Answer($"DevicePrimaryCtxRelease {device}", () => contexts--, needsContext: false);

    public override int CtxSetCurrent(nint context)
    {
        current = context;
        return Sticky;
    }

    public override int LinkCreate(uint count, int* options, void** values, nint* state)
    {
        var link = new Link();
        for (int o = 0; o < count; o++)
        {
            if (options[o] == 5)
                link.Log = (nint)values[o];
            else if (options[o] == 6)
                link.LogBytes = (int)values[o];
            else
                return CudaStatus.InvalidValue;
        }

        return Make("LinkCreate", state, link);
    }

    public override int LinkAddData(nint state, int type, void* data, nuint size, byte* name, uint count, int* options, void** values) =>
        Answer("LinkAddData", () =>
    {
        Link link = Get<Link>(state);
        Assert.That((type, ((byte*)data)[size - 1]), Is.EqualTo((1, (byte)0)), "PTX that ends with a zero");
        link.Binary = Marshal.StringToCoTaskMemUTF8(Marshal.PtrToStringUTF8((nint)data));
        link.Bytes = (int)size;
        try
        {
            _ = new PtxProgram(Marshal.PtrToStringUTF8((nint)data)!);
        }
        catch (PtxFault fault)
        {
            byte[] log = Encoding.UTF8.GetBytes(fault.Message + '\0');
            log.AsSpan(0, Math.Min(log.Length, link.LogBytes)).CopyTo(new Span<byte>((void*)link.Log, link.LogBytes));
            throw new Refused(CudaStatus.InvalidPtx);
        }
    });

    public override int LinkComplete(nint state, void** binary, nuint* size)
    {
        Link link = Get<Link>(state);
        *binary = (void*)link.Binary;
        *size = (nuint)link.Bytes;
        return Answer("LinkComplete", () => { });
    }

    public override int LinkDestroy(nint state) => Answer("LinkDestroy", () => Marshal.FreeCoTaskMem(Remove<Link>(state).Binary));

    public override int ModuleLoadData(nint* module, void* binary)
    {
        string text = Marshal.PtrToStringUTF8((nint)binary)!;
        try
        {
            return Make("ModuleLoadData", module, new PtxProgram(text));
        }
        catch (PtxFault)
        {
            return CudaStatus.InvalidPtx;
        }
    }

    public override int ModuleUnload(nint module) => Answer("ModuleUnload", () => Remove<PtxProgram>(module));

    public override int ModuleGetFunction(nint* function, nint module, byte* name)
    {
        *function = module;
        return Get<PtxProgram>(module).Entry == Marshal.PtrToStringUTF8((nint)name)
            ? Answer("ModuleGetFunction", () => { }) : CudaStatus.NotFound;
    }

    public override int FuncGetAttribute(int* value, int attribute, nint function) =>
        Put(value, attribute switch { 4 => Registers, 3 => 16, _ => 0 });

    public override int OccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint sharedBytes) =>
        Put(blocks, Math.Min(16, Math.Min(2048, 65536 / Registers) / threads));

    public override int EventCreate(nint* created, uint flags) => Make($"EventCreate {flags}", created, new Event());

    public override int EventDestroy(nint destroyed) => Answer("EventDestroy", () => Remove<Event>(destroyed));

    int Make(string call, nint* handle, object value)
    {
        nint made = nextHandle++;
        *handle = made;
        return Answer(call, () => handles.Add(made, value));
    }

    T Get<T>(nint handle) =>
        handles.TryGetValue(handle, out object? value) && value is T found ? found : throw new Refused(CudaStatus.InvalidHandle);

    T Remove<T>(nint handle)
    {
        T value = Get<T>(handle);
        handles.Remove(handle);
        return value;
    }

    // One call: a failure that was asked for, the code of a lost context, or what the function does.
    int Answer(string call, Action does, bool needsContext = true)
    {
        Calls.Add(call);
        string function = call.Split(' ')[0];
        int failure = failures.FindIndex(f => f.Function == function);
        if (failure >= 0)
        {
            int code = failures[failure].Code;
            failures.RemoveAt(failure);
            if (CudaStatus.IsLost(code))
                Sticky = code;
            return code;
        }

        if (needsContext && current != ownContext)
            return CudaStatus.InvalidContext;
        if (Sticky != 0)
            return Sticky;
        try
        {
            does();
            return Sticky;
        }
        catch (Refused refused)
        {
            return refused.Code;
        }
    }

    int Text(byte** text, int key, string? words)
    {
        if (words == null)
            return CudaStatus.InvalidValue;
        if (!texts.TryGetValue(key, out nint kept))
            texts.Add(key, kept = Marshal.StringToCoTaskMemUTF8(words));
        *text = (byte*)kept;
        return CudaStatus.Success;
    }

    static int Put(int* target, int value)
    {
        *target = value;
        return CudaStatus.Success;
    }

    sealed class Link
    {
        public nint Log { get; set; }

        public int LogBytes { get; set; }

        public nint Binary { get; set; }

        public int Bytes { get; set; }
    }

    sealed class Event
    {
        /// <summary>How much of the stream must be done.</summary>
        public long After { get; set; }
    }

    sealed class Refused(int code) : Exception
    {
        public int Code => code;
    }
}
