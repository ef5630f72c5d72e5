using System.Globalization;
using System.Text;
using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>One card, as the driver describes it.</summary>
/// <param name="Id">The driver's handle.</param>
/// <param name="Name">Such as NVIDIA A100-SXM4-80GB.</param>
/// <param name="DriverVersion">The newest CUDA that the driver knows: 12040 is 12.4.</param>
sealed record CudaHardware(int Id, string Name, int DriverVersion)
{
    // Threads that run in step, and what every card holds of them.
    const int Warp = 32, LeastThreads = 1024;

    /// <summary>Compute capability without its dot: 86 is 8.6.</summary>
    public int Capability { get; private init; }

    public long GlobalBytes { get; private init; }

    public int Multiprocessors { get; private init; }

    public int ThreadsPerMultiprocessor { get; private init; }

    public int RegistersPerMultiprocessor { get; private init; }

    public int SharedBytesPerMultiprocessor { get; private init; }

    /// <summary>The most memory that the threads of a group share.</summary>
    public int SharedBytesPerGroup { get; private init; }

    public int CacheBytes { get; private init; }

    /// <summary>Cycles a second, in thousands.</summary>
    public int Kilohertz { get; private init; }

    /// <summary>Whether the driver keeps pools of memory itself.</summary>
    public bool HasPools { get; private init; }

    /// <summary>Whether the driver replays what a stream was given.</summary>
    public bool HasGraphs => DriverVersion >= 11040;

    /// <summary>The highest compute capability that texts are emitted for and that this card and its driver take; 0 if none.</summary>
    public int SmVersion =>
        PtxOptions.Versions.Where(v => v.Sm <= Capability && v.Driver <= DriverVersion).Select(v => v.Sm).DefaultIfEmpty(0).Max();

    /// <summary>Whether card and driver have instructions for products of matrices in TensorFloat-32 and bfloat16.</summary>
    public bool HasMatrixUnits => PtxOptions.HasMatrixUnits(SmVersion);

    /// <summary>Why no kernel can run on it; null if kernels can.</summary>
    public string? Refusal =>
        Capability < PtxOptions.Versions[0].Sm
        ? $"its compute capability is {Dotted(Capability)}: kernels need {Dotted(PtxOptions.Versions[0].Sm)} or later"
        : SmVersion == 0 ? $"its driver knows CUDA {Cuda}: install one for CUDA {PtxOptions.Versions[0].Driver / 1000} or later"
        : null;

    /// <summary>What launchers plan by.</summary>
    public HardwareProperties Properties => new()
    {
        Processors = Math.Max(1, Multiprocessors),
        Width = Warp,
        ThreadsPerProcessor = Math.Max(LeastThreads, ThreadsPerMultiprocessor),
        SharedBytesPerGroup = SharedBytesPerGroup,
        SharedBytesPerProcessor = Math.Max(SharedBytesPerGroup, SharedBytesPerMultiprocessor),
        RegistersPerProcessor = RegistersPerMultiprocessor,
    };

    /// <summary>Name, capability, size and driver in one line.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Name}, compute capability {Dotted(Capability)}, {Multiprocessors} SMs of {RegistersPerMultiprocessor} registers and "
        + $"{SharedBytesPerMultiprocessor >> 10} KiB shared memory, {GlobalBytes / 1073741824.0:F1} GiB, driver for CUDA {Cuda}");

    string Cuda => $"{DriverVersion / 1000}.{DriverVersion % 1000 / 10}";

    /// <summary>The cards of the driver; their places in the list are the numbers of <c>cuda:N</c>.</summary>
    /// <param name="api">The driver; null if there is none.</param>
    /// <param name="refusal">Why there are none.</param>
    public static unsafe IReadOnlyList<CudaHardware> All(CudaApi? api, out string? refusal)
    {
        refusal = null;
        if (api == null)
        {
            refusal = $"{CudaLibrary.FileName} not found: install the NVIDIA driver";
            return [];
        }

        int code = api.Init(0), count = 0, version = 0;
        if (code == CudaStatus.Success)
            code = api.DeviceGetCount(&count);
        if (code == CudaStatus.Success)
            code = api.DriverGetVersion(&version);
        if (code == CudaStatus.Success && count == 0)
            code = CudaStatus.NoDevice;
        if (code != CudaStatus.Success)
        {
            refusal = $"the NVIDIA driver finds no card: {CudaStatus.Describe(api, code)}; see what nvidia-smi says";
            return [];
        }

        var all = new CudaHardware[count];
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            int id;
            api.DeviceGet(&id, ordinal);
            all[ordinal] = Describe(api, id, version);
        }

        return all;
    }

    static unsafe CudaHardware Describe(CudaApi api, int id, int version)
    {
        var name = new byte[256];
        fixed (byte* first = name)
            api.DeviceGetName(first, name.Length, id);
        nuint bytes = 0;
        api.DeviceTotalMem(&bytes, id);
        int Get(int attribute)
        {
            int value = 0;
            return api.DeviceGetAttribute(&value, attribute, id) == CudaStatus.Success ? value : 0;
        }

        return new CudaHardware(id, Encoding.UTF8.GetString(name.AsSpan(0, Math.Max(0, Array.IndexOf(name, (byte)0)))), version)
        {
            Capability = 10 * Get(75) + Get(76),
            GlobalBytes = (long)bytes,
            Multiprocessors = Get(16),
            ThreadsPerMultiprocessor = Get(39),
            RegistersPerMultiprocessor = Get(82),
            SharedBytesPerMultiprocessor = Get(81),
            SharedBytesPerGroup = Get(8),
            CacheBytes = Get(38),
            Kilohertz = Get(13),
            HasPools = Get(115) != 0,
        };
    }

    static string Dotted(int capability) => $"{capability / 10}.{capability % 10}";
}
