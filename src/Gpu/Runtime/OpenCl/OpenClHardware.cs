namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>One device of one OpenCL platform, as its driver describes it.</summary>
sealed record OpenClHardware(nint Platform, nint Id, string Name, string Driver, string Version)
{
    const ulong Cpu = 2;

    // What cards of all makers have at least: OpenCL itself tells neither before a kernel is there, and the width only in makers' extensions.
    const int CardWidth = 32, CardThreads = 1024;

    /// <summary>What to do where there is none.</summary>
    public const string NoDriver = "no OpenCL driver found: install pocl-opencl-icd for the CPU, or your card's driver";

    public bool IsCpu { get; private init; }

    public int ComputeUnits { get; init; }

    public long MaxWorkGroup { get; init; }

    public long GlobalBytes { get; private init; }

    public long MaxAllocationBytes { get; init; }

    public long LocalBytes { get; init; }

    /// <summary>Threads of a sub-group (warp, wavefront), the widest that the driver names; 0 if it names none.</summary>
    public int SubGroup { get; init; }

    public bool HasDouble { get; private init; }

    /// <summary>Whether a pointer may be of global, local or private memory: always from OpenCL 2.0 on, and from 3.0 on where the driver says so.</summary>
    public bool HasGenericAddresses { get; private init; }

    /// <summary>Why kernels cannot run on it with the bits that every device gives; null if they can.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Name, driver and version in one line.</summary>
    public string Description => $"{Name}, driver {Driver}, {Version}";

    /// <summary>What launchers plan by.</summary>
    /// <param name="lanes">Threads of a work-item: one on cards, whose drivers put them side by side; a vector on CPUs.</param>
    public HardwareProperties Properties(int lanes) => new()
    {
        Processors = Math.Max(1, ComputeUnits),
        Width = lanes > 1 ? lanes : SubGroup > 0 ? SubGroup : CardWidth,
        ThreadsPerProcessor = lanes == 1 ? CardThreads : lanes,
        MaxGroupThreads = (int)Math.Clamp(MaxWorkGroup * lanes, 1, 1024),
        SharedBytesPerGroup = (int)Math.Clamp(LocalBytes, 0, 48 << 10),
        SharedBytesPerProcessor = (int)Math.Clamp(LocalBytes, 0, 1 << 20),
        // A buffer holds this and more.
        HandoverBytes = (int)Math.Clamp(MaxAllocationBytes / 4, 1 << 20, 256 << 20),
    };

    /// <summary>Every device of every platform, in the order of the drivers; their places in the list are the numbers of <c>opencl:N</c>.</summary>
    public static unsafe IReadOnlyList<OpenClHardware> All()
    {
        if (OpenClApi.Instance is not { } api)
            return [];
        var all = new List<OpenClHardware>();
        uint count = 0;
        if (api.GetPlatformIDs(0, null, &count) != 0 || count == 0)
            return [];
        var platforms = new nint[count];
        fixed (nint* first = platforms)
            api.GetPlatformIDs(count, first, null);
        foreach (nint platform in platforms)
        {
            const ulong anyType = 0xFFFFFFFF;
            if (api.GetDeviceIDs(platform, anyType, 0, null, &count) != 0 || count == 0)
                continue;
            var devices = new nint[count];
            fixed (nint* first = devices)
                api.GetDeviceIDs(platform, anyType, count, first, null);
            all.AddRange(devices.Select(device => Describe(api, platform, device)));
        }

        return all;
    }

    static OpenClHardware Describe(OpenClApi api, nint platform, nint id) =>
        new(platform, id, api.DeviceText(id, 0x102B), api.DeviceText(id, 0x102D), api.DeviceText(id, 0x102F))
        {
            IsCpu = (api.DeviceNumber(id, 0x1000) & Cpu) != 0,
            ComputeUnits = (int)api.DeviceNumber(id, 0x1002),
            MaxWorkGroup = (long)api.DeviceNumber(id, 0x1004),
            MaxAllocationBytes = (long)api.DeviceNumber(id, 0x1010),
            GlobalBytes = (long)api.DeviceNumber(id, 0x101F),
            LocalBytes = (long)api.DeviceNumber(id, 0x1023),
            SubGroup = WidestSubGroup(api.DeviceNumber(id, 0x4003), api.DeviceNumber(id, 0x4043), api.DeviceSizes(id, 0x4108)),
            HasDouble = api.DeviceNumber(id, 0x1032) != 0,
            HasGenericAddresses = HasGeneric(api, id),
            Refusal = Refuse(api, id),
        };

    /// <summary>The widest sub-group of what the makers' extensions tell; 0 if none of them does.</summary>
    /// <param name="nvidiaWarp">CL_DEVICE_WARP_SIZE_NV; 0 elsewhere.</param>
    /// <param name="amdWavefront">CL_DEVICE_WAVEFRONT_WIDTH_AMD; 0 elsewhere.</param>
    /// <param name="intelSizes">CL_DEVICE_SUB_GROUP_SIZES_INTEL, of which the compiler takes one for each kernel; empty elsewhere.</param>
    internal static int WidestSubGroup(ulong nvidiaWarp, ulong amdWavefront, long[] intelSizes)
    {
        long widest = Math.Max((long)Math.Max(nvidiaWarp, amdWavefront), intelSizes.DefaultIfEmpty().Max());
        return widest is > 0 and <= 1024 ? (int)widest : 0;
    }

    static bool HasGeneric(OpenClApi api, nint id)
    {
        string version = api.DeviceText(id, 0x102F);
        return !version.StartsWith("OpenCL 1", StringComparison.Ordinal)
            && (version.StartsWith("OpenCL 2", StringComparison.Ordinal) || api.DeviceNumber(id, 0x1069) != 0);
    }

    static string? Refuse(OpenClApi api, nint id)
    {
        const ulong denormals = 1, infinities = 2, nearest = 4, roundedDivision = 128;
        ulong floats = api.DeviceNumber(id, 0x101B);
        string version = api.DeviceText(id, 0x102F);
        return version.StartsWith("OpenCL 1.0") || version.StartsWith("OpenCL 1.1")
            ? "its driver is older than OpenCL 1.2: install a newer one"
            : api.DeviceNumber(id, 0x1027) == 0 ? "its driver says that it is not available"
            : api.DeviceNumber(id, 0x1028) == 0 ? "its driver has no compiler"
            : api.DeviceNumber(id, 0x1026) == 0 ? "it is big-endian"
            : api.DeviceNumber(id, 0x100D) != 64 ? "its addresses do not have 64 bits"
            : (floats & (infinities | nearest)) != (infinities | nearest)
            ? "its floats do not round to nearest or have no infinities: results would differ from other devices'"
            : (floats & denormals) == 0 ? "it flushes denormal floats to zero: results would differ from other devices'"
            : (floats & roundedDivision) == 0
            ? "its division and square root are not correctly rounded: results would differ from other devices'"
            : null;
    }
}
