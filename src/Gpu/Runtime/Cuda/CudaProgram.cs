using System.Text;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>A text that the driver has compiled and loaded, and its one entry.</summary>
sealed unsafe class CudaProgram
{
    const int Ptx = 1;
    const int ErrorLog = 5, ErrorLogBytes = 6;
    const int MostLog = 16 << 10;
    const int SharedBytesAttribute = 1, LocalBytesAttribute = 3, RegistersAttribute = 4;

    readonly CudaApi api;
    readonly nint module;

    CudaProgram(CudaApi api, nint module, nint function, bool fromCache)
    {
        this.api = api;
        this.module = module;
        Function = function;
        FromCache = fromCache;
        Registers = Attribute(RegistersAttribute);
        SharedBytes = Attribute(SharedBytesAttribute);
        LocalBytes = Attribute(LocalBytesAttribute);
    }

    public nint Function { get; }

    /// <summary>True if the binary came from the disk.</summary>
    public bool FromCache { get; }

    /// <summary>Registers of a thread.</summary>
    public int Registers { get; }

    /// <summary>Bytes that a group shares.</summary>
    public int SharedBytes { get; }

    /// <summary>Bytes of a thread that lie in memory: arrays that could not be kept in registers, and registers that were not enough.</summary>
    public int LocalBytes { get; }

    /// <summary>What it needs, in words.</summary>
    public string Resources => $"{Registers} registers a thread, {LocalBytes} bytes of local memory a thread (arrays, and registers that "
        + $"spilled), {SharedBytes} bytes of shared memory a group";

    /// <summary>Compiles a text, or takes its binary from the cache, and loads it into the current context.</summary>
    /// <exception cref="KernelException">The driver refuses the text; the message has its log.</exception>
    public static CudaProgram Load(CudaApi api, CudaHardware hardware, ProgramCache cache, string name, PtxModule text)
    {
        string key = ProgramCache.Key(text.Text, hardware.Name, $"{hardware.Capability}", $"{hardware.DriverVersion}");
        if (cache.Read(key) is { } kept && Load(api, kept, text.Entry, out nint module, out nint function) == CudaStatus.Success)
            return new CudaProgram(api, module, function, fromCache: true);
        byte[] binary = Compile(api, name, text.Text);
        int code = Load(api, binary, text.Entry, out module, out function);
        if (code != CudaStatus.Success)
            throw new KernelException($"{name}: the driver compiled it and cannot load it: {CudaStatus.Describe(api, code)}");
        cache.Write(key, binary);
        return new CudaProgram(api, module, function, fromCache: false);
    }

    /// <summary>How many groups of so many threads one multiprocessor runs side by side; 0 if it has too few registers for one.</summary>
    public int GroupsPerMultiprocessor(int threads)
    {
        int groups = 0;
        return api.OccupancyMaxActiveBlocksPerMultiprocessor(&groups, Function, threads, 0) == CudaStatus.Success ? groups : 0;
    }

    public void Unload() => api.ModuleUnload(module);

    static byte[] Compile(CudaApi api, string name, string text)
    {
        byte[] source = Encoding.ASCII.GetBytes(text + '\0'), log = new byte[MostLog];
        fixed (byte* first = source, errors = log)
        fixed (byte* title = Encoding.ASCII.GetBytes("kernel.ptx\0"))
        {
            int* options = stackalloc int[] { ErrorLog, ErrorLogBytes };
            void** values = stackalloc void*[] { errors, (void*)MostLog };
            nint state;
            int code = api.LinkCreate(2, options, values, &state);
            if (code != CudaStatus.Success)
                throw new KernelException($"{name}: the driver's compiler does not start: {CudaStatus.Describe(api, code)}");
            try
            {
                void* binary = null;
                nuint size = 0;
                code = api.LinkAddData(state, Ptx, first, (nuint)source.Length, title, 0, null, null);
                if (code == CudaStatus.Success)
                    code = api.LinkComplete(state, &binary, &size);
                if (code == CudaStatus.Success)
                    return new ReadOnlySpan<byte>(binary, (int)size).ToArray();
            }
            finally
            {
                api.LinkDestroy(state);
            }

            string said = Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, Array.IndexOf(log, (byte)0)))).Trim();
            throw new KernelException($"{name}: the driver's compiler refuses it: {CudaStatus.Describe(api, code)}:\n"
                + $"{(said.Length > 0 ? said : "(it says nothing)")}");
        }
    }

    static int Load(CudaApi api, byte[] binary, string entry, out nint module, out nint function)
    {
        nint loaded = 0, found = 0;
        int code;
        fixed (byte* first = binary)
            code = api.ModuleLoadData(&loaded, first);
        if (code == CudaStatus.Success)
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(entry + '\0'))
                code = api.ModuleGetFunction(&found, loaded, name);
            if (code != CudaStatus.Success)
                api.ModuleUnload(loaded);
        }

        (module, function) = (loaded, found);
        return code;
    }

    int Attribute(int number)
    {
        int value = 0;
        return api.FuncGetAttribute(&value, number, Function) == CudaStatus.Success ? value : 0;
    }
}
