using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.Compiler;

namespace Dalle2.Tests.Gpu;

/// <summary>Devices that run each launch on a target and on <c>reference</c>, and fail where the bits differ.</summary>
static class TestDevices
{
    public static readonly string[] Names = ["ir", "cpu:128", "cpu:256", "cpu:512"];

    public static Device Open(string name) => name switch
    {
        "ir" => new IrDevice(),
        _ => new ComparingDevice(Device.Open(name, threads: 1)),
    };
}
