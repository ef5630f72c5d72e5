using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>
/// The devices that random programs run on, how many run in a test, and what opens them; null says that they cannot be had here. Devices of one line
/// share the program and what the reference makes of it.
/// </summary>
static class RandomTargets
{
    public static readonly (string Name, int Programs, Func<IReadOnlyList<Device>?> Open)[] All =
    [
        ("ir", 2000, () => [new InterpretedDevice("ir", Checking.Drop)]),
        ("ir_before_passes_and_with_checks", 200, () => [new InterpretedDevice("ir before passes", null), new InterpretedDevice("ir with checks", Checking.Require)]),
        ("simd", 2000, () => [Device.Open("cpu:128", 1), Device.Open("cpu:256", 1), Device.Open("cpu:512", 1)]),
        ("ptx", 2000, () => [new PtxDevice { Remembers = false }]),

        // PoCL takes about a second for each.
        ("opencl", 12, () => OpenClOnce.IsHere ? [OpenClOnce.Open(1), OpenClOnce.Open(16)] : null),
    ];
}
