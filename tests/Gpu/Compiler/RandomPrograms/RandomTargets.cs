using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>The devices that random programs run on. A target adds a line; null means that it cannot be had here.</summary>
static class RandomTargets
{
    public static readonly (string Name, Func<IReadOnlyList<Device>?> Open)[] All =
    [
        ("ir", () => [new InterpretedDevice("raw", null), new InterpretedDevice("optimised", Checking.Drop), new InterpretedDevice("checked", Checking.Require)]),
        ("ptx", () => [new PtxDevice { Remembers = false }]),
        ("simd", () => [Device.Open("cpu:128", 1), Device.Open("cpu:256", 1), Device.Open("cpu:512", 1)]),
        ("opencl", () => OpenClOnce.IsHere ? [OpenClOnce.Open(1), OpenClOnce.Open(16)] : null),
    ];
}
