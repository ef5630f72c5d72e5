using Dalle2.Gpu.Targets.Ptx;

namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>What a card is by its maker's word: enough to tell without it how launches fill it, and what it does at most.</summary>
/// <remarks>
/// Limits of a multiprocessor: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability", and the rules of the occupancy calculator in the CUDA toolkit. Rates: the data
/// sheet of each card, for the form with the most (SXM where there is one), at its boost clock, without sparsity. Nothing here is measured.
/// </remarks>
/// <param name="Name">The name to ask for it by.</param>
/// <param name="Product">What it is sold as.</param>
/// <param name="Capability">Compute capability without its dot: 80 is 8.0.</param>
/// <param name="Multiprocessors">How many it has.</param>
/// <param name="Schedulers">Of a multiprocessor, each with an equal part of the registers, and issuing for its own warps.</param>
/// <param name="Warps">The most that a multiprocessor holds at once.</param>
/// <param name="Groups">The same.</param>
/// <param name="SharedBytes">Shared memory of a multiprocessor.</param>
/// <param name="Flops">Float32 operations a second, a multiply-add being two.</param>
/// <param name="Tf32Flops">The same on matrix units in TensorFloat-32; 0 where kernels here do not use them.</param>
/// <param name="Bf16Flops">The same in bfloat16 with float32 sums.</param>
/// <param name="Bandwidth">Bytes a second of device memory.</param>
public sealed record CardLimits(string Name, string Product, int Capability, int Multiprocessors, int Schedulers, int Warps, int Groups,
    int SharedBytes, double Flops, double Tf32Flops, double Bf16Flops, double Bandwidth)
{
    /// <summary>Threads that run in step.</summary>
    public const int Warp = 32;

    /// <summary>32-bit registers of a multiprocessor, of all cards here.</summary>
    public const int Registers = 64 << 10;

    /// <summary>The most registers that a thread can name.</summary>
    public const int RegistersPerThread = 255;

    /// <summary>A warp gets registers by so many.</summary>
    public const int RegisterUnit = 256;

    /// <summary>The most threads of a group.</summary>
    public const int ThreadsPerGroup = 1024;

    /// <summary>Shared memory that a kernel may declare. From 7.0 on the driver gives more on request, which is not asked for here.</summary>
    public const int SharedBytesPerGroup = 48 << 10;

    /// <summary>All that there are, oldest first.</summary>
    public static IReadOnlyList<CardLimits> All { get; } =
    [
        new("p100", "Tesla P100 SXM2 16 GB", 60, 56, 2, 64, 32, 64 << 10, 10.6e12, 0, 0, 732e9),
        new("v100", "Tesla V100 SXM2", 70, 80, 4, 64, 32, 96 << 10, 15.7e12, 0, 0, 900e9),
        new("t4", "Tesla T4", 75, 40, 4, 32, 16, 64 << 10, 8.1e12, 0, 0, 320e9),
        new("a100", "A100 SXM 80 GB", 80, 108, 4, 64, 32, 164 << 10, 19.5e12, 156e12, 312e12, 2039e9),
        new("rtx4090", "GeForce RTX 4090", 89, 128, 4, 48, 24, 100 << 10, 82.6e12, 82.6e12, 165.2e12, 1008e9),
        new("h100", "H100 SXM 80 GB", 90, 132, 4, 64, 32, 228 << 10, 66.9e12, 494.7e12, 989.4e12, 3350e9),
        new("h200", "H200 SXM", 90, 132, 4, 64, 32, 228 << 10, 66.9e12, 494.7e12, 989.4e12, 4800e9),
    ];

    /// <summary>Shared memory that a multiprocessor keeps for itself of each group's.</summary>
    public int ReservedSharedBytes => Capability >= 80 ? 1 << 10 : 0;

    /// <summary>A group gets shared memory by so many bytes.</summary>
    public int SharedUnit => Capability >= 80 ? 128 : 256;

    /// <summary>Whether products can take numbers of fewer bits.</summary>
    public bool HasMatrixUnits => PtxOptions.HasMatrixUnits(SmVersion);

    /// <summary>What launchers plan by, as the driver would tell it.</summary>
    public HardwareProperties Properties => new()
    {
        Processors = Multiprocessors,
        Width = Warp,
        ThreadsPerProcessor = Warps * Warp,
        MaxGroupThreads = ThreadsPerGroup,
        SharedBytesPerGroup = SharedBytesPerGroup,
        SharedBytesPerProcessor = SharedBytes,
        RegistersPerProcessor = Registers,
    };

    /// <summary>The compute capability that texts for it are emitted for.</summary>
    internal int SmVersion => PtxOptions.Versions.Where(version => version.Sm <= Capability).Max(version => version.Sm);

    /// <summary>The card of a name.</summary>
    /// <exception cref="ArgumentException">There is none of the name; the message has all.</exception>
    public static CardLimits Of(string name) =>
        All.FirstOrDefault(card => card.Name == name) ?? throw new ArgumentException(
            $"there is no card '{name}'; there are {string.Join(", ", All.Select(card => card.Name))}", nameof(name));

    /// <summary>Operations a second of products in a precision.</summary>
    public double PeakOf(Precision precision) => precision switch
    {
        Precision.Tf32 => Tf32Flops,
        Precision.Bf16 => Bf16Flops,
        _ => Flops,
    };
}
