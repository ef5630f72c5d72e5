using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;

namespace Dalle2.Tests.Gpu.OpenCl;

/// <summary>The OpenCL devices of this process, opened once each: a driver's start costs more than the tests. Without a driver the tests that ask are skipped and say why.</summary>
static class OpenClOnce
{
    static readonly Dictionary<int, OpenClDevice> Devices = [];

    /// <summary>Programs of earlier runs stay beside the tests.</summary>
    public static string CacheFolder => Path.Combine(AppContext.BaseDirectory, "opencl-programs");

    public static bool IsHere => OpenClDevice.List()[0].Available;

    /// <summary>A device of the caller's own.</summary>
    public static OpenClDevice Open(int lanes) => OpenClDevice.Open("opencl:0", CacheFolder, lanes);

    /// <summary>The first device as if it were the smallest card that OpenCL allows: one unit, sub-groups of 32, work-groups of 256, little memory to share and to allocate. A device of the caller's own.</summary>
    public static OpenClDevice OpenSmallCard()
    {
        _ = Device(1);
        return OpenClDevice.Open("opencl:0", CacheFolder, lanes: 1, limit: hardware => hardware with
        {
            ComputeUnits = 1,
            SubGroup = 32,
            MaxWorkGroup = 256,
            LocalBytes = 32 << 10,
            MaxAllocationBytes = 128 << 20,
        });
    }

    /// <summary>The first device, with so many threads to a work-item.</summary>
    public static OpenClDevice Device(int lanes)
    {
        DeviceDescription first = OpenClDevice.List()[0];
        if (!first.Available)
            Assert.Ignore(first.Reason);
        lock (Devices)
        {
            if (!Devices.TryGetValue(lanes, out OpenClDevice? device))
                Devices.Add(lanes, device = Open(lanes));
            return device;
        }
    }
}
