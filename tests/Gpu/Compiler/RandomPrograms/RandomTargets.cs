using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime;
using Dalle2.Gpu.Runtime.OpenCl;
using Dalle2.Tests.Gpu.OpenCl;
using Dalle2.Tests.Gpu.Ptx;

namespace Dalle2.Tests.Gpu.Compiler.RandomPrograms;

/// <summary>
/// The devices that a random program runs on. Those of one line share the program and what the reference makes of it; where they take turns, each
/// program runs on one of them.
/// </summary>
/// <param name="Name">Of the line.</param>
/// <param name="Programs">How many run in the tests.</param>
/// <param name="Reason">Why the devices cannot be had here; null if they can.</param>
/// <param name="TakeTurns">Whether a program runs on one of them only.</param>
/// <param name="DividesByAll">Whether programs divide integers by zero too.</param>
/// <param name="Open">Opens them.</param>
sealed record RandomTargets(string Name, int Programs, Func<string?> Reason, bool TakeTurns, bool DividesByAll,
    Func<IReadOnlyList<Device>> Open)
{
    public static readonly RandomTargets[] All =
    [
        new("ir_simd_and_ptx", 120, Always, false, true, () =>
            [new InterpretedDevice("ir", CheckMode.Drop), Device.Open("cpu:128", 1), Device.Open("cpu:256", 1), Device.Open("cpu:512", 1),
            new PtxDevice { Remembers = false, WithChecks = false }]),
        new("before_passes_and_with_checks", 120, Always, false, false, () =>
            [new InterpretedDevice("ir before passes", null), new InterpretedDevice("ir with checks", CheckMode.Require),
            new PtxDevice { Remembers = false }]),

        // What takes the time is the driver's compiler: a tenth of a second a program without its optimizations, up to a second with them.
        new("opencl", 120, OpenCl, true, true, () =>
        [.. new[] { 1, 16 }.Select(lanes => OpenClDevice.Open("opencl:0", lanes: lanes, runsOnce: true))]),
        new("opencl_with_its_optimizations", 6, OpenCl, false, true, () => [OpenClOnce.Open(1), OpenClOnce.Open(16)]),
    ];

    static string? Always() => null;

    static string? OpenCl() => OpenClDevice.List()[0] is { Available: false } first ? first.Reason : null;
}
