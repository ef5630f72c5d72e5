using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;
using Dalle2.Tests.Gpu.OpenCl;

namespace Dalle2.Tests.Gpu;

/// <summary>Devices that run each launch on a target and on <c>reference</c>, and fail where the bits differ.</summary>
static class TestDevices
{
    public static readonly string[] Names = ["ir", "cpu:128", "cpu:256", "cpu:512",
        .. OpenClOnce.IsHere ? (string[])["opencl x1", "opencl x16"] : []];

    /// <summary>A small card, as launchers see it.</summary>
    public static readonly HardwareProperties Card = new() { Processors = 4, Width = 32, ThreadsPerProcessor = 2048 };

    public static Device Open(string name) => name switch
    {
        "ir" => new IrDevice(),
        "opencl x1" => new OpenClComparison(OpenClOnce.Device(1)),
        "opencl x16" => new OpenClComparison(OpenClOnce.Device(16)),
        _ => new ComparingDevice(Device.Open(name, threads: 1)),
    };
}
