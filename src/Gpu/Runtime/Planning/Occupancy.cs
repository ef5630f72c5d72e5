namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>How many groups a multiprocessor holds at once, by the rules of the occupancy calculator in the CUDA toolkit.</summary>
/// <remarks>Shared memory is taken to be as large as the multiprocessor allows; the driver may leave more of it to the cache where groups need less.</remarks>
/// <param name="Groups">Groups at once; 0 if not even one fits.</param>
/// <param name="Warps">The warps of those groups.</param>
/// <param name="Limit">What allows no more.</param>
/// <param name="Share">Those warps as a share of the most that a multiprocessor holds.</param>
public readonly record struct Occupancy(int Groups, int Warps, OccupancyLimit Limit, double Share)
{
    /// <summary>The occupancy of a kernel on a card.</summary>
    /// <param name="card">The card.</param>
    /// <param name="threads">Threads of a group.</param>
    /// <param name="registers">Registers of a thread.</param>
    /// <param name="sharedBytes">Shared memory of a group.</param>
    public static Occupancy Of(CardLimits card, int threads, int registers, int sharedBytes)
    {
        int warps = IntrinsicMath.DivRoundUp(threads, CardLimits.Warp);
        (int Groups, OccupancyLimit Limit)[] limits =
        [
            (card.Warps / warps, OccupancyLimit.Warps),
            (ByRegisters(card, warps, registers), OccupancyLimit.Registers),
            (BySharedMemory(card, sharedBytes), OccupancyLimit.SharedMemory),
            (card.Groups, OccupancyLimit.Groups),
        ];
        var (groups, limit) = limits.MinBy(one => one.Groups);
        return new Occupancy(groups, groups * warps, limit, (double)(groups * warps) / card.Warps);
    }

    // Each scheduler has its own part of the registers, and holds whole warps.
    static int ByRegisters(CardLimits card, int warps, int registers)
    {
        int perWarp = RoundUp(Math.Max(1, registers) * CardLimits.Warp, CardLimits.RegisterUnit);
        bool fits = registers <= CardLimits.RegistersPerThread && RoundUp(warps, card.Schedulers) * perWarp <= CardLimits.Registers;
        return fits ? CardLimits.Registers / card.Schedulers / perWarp * card.Schedulers / warps : 0;
    }

    static int BySharedMemory(CardLimits card, int bytes)
    {
        int perGroup = RoundUp(bytes + card.ReservedSharedBytes, card.SharedUnit);
        return bytes > CardLimits.SharedBytesPerGroup ? 0 : perGroup == 0 ? int.MaxValue : card.SharedBytes / perGroup;
    }

    static int RoundUp(int value, int unit) => IntrinsicMath.DivRoundUp(value, unit) * unit;
}
