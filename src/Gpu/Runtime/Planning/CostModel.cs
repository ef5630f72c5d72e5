namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>
/// How long a launch takes, predicted: the longest of four times.
/// <code>
/// arithmetic  groups of the fullest multiprocessor * operations of a group / what a multiprocessor does a second; less than one warp a scheduler does as much less
/// memory      bytes of all views, each once / bandwidth
/// latency     the same bytes / what all groups that are there at once have under way in the time that memory takes to answer
/// launch      what nothing comes under
/// </code>
/// </summary>
/// <remarks>
/// A roof, not a simulation: no kernel is as fast as its arithmetic or its memory allow, what stays in the card's cache is as dear here as what does not, what is read more than once counts once, and
/// operations that no argument tells of (<see cref="ILaunchCost"/>) count as none. The constants are assumptions, of no card in particular.
/// </remarks>
static class CostModel
{
    /// <summary>Seconds of the shortest launch within a graph, from one's end to the next one's. An assumption.</summary>
    public const double LaunchSeconds = 2e-6;

    /// <summary>Seconds from asking device memory to its answer. An assumption.</summary>
    public const double MemorySeconds = 0.6e-6;

    /// <summary>What a warp asks of memory before it waits: four floats a thread. An assumption.</summary>
    public const int BytesUnderWay = 4 * sizeof(float) * CardLimits.Warp;

    /// <summary>Of the shared memory of a group that copies ahead, what is under way. An assumption: half of it, the rest is being worked on.</summary>
    public const double ShareUnderWay = 0.5;

    /// <summary>The time, and which of the four it is.</summary>
    /// <param name="card">The card.</param>
    /// <param name="groups">Groups of the launch.</param>
    /// <param name="occupancy">Of its kernel, in groups of that size.</param>
    /// <param name="resources">Of its kernel.</param>
    /// <param name="flops">Operations.</param>
    /// <param name="bytes">Bytes read and written.</param>
    public static (double Seconds, TimeLimit Limit) Predict(CardLimits card, long groups, Occupancy occupancy, KernelResources resources,
        double flops, long bytes)
    {
        double warpsOfGroup = (double)occupancy.Warps / occupancy.Groups;
        long fullest = (groups + card.Multiprocessors - 1) / card.Multiprocessors;
        double issuing = Math.Min(1, Math.Min(fullest, occupancy.Groups) * warpsOfGroup / card.Schedulers);
        double underWay = Math.Min(groups, (long)occupancy.Groups * card.Multiprocessors)
            * Math.Max(warpsOfGroup * BytesUnderWay, resources.CopiesAhead ? resources.SharedBytes * ShareUnderWay : 0);
        (double Seconds, TimeLimit Limit)[] times =
        [
            (LaunchSeconds, TimeLimit.Launch),
            (fullest * (flops / groups) / (card.PeakOf(resources.Multiplies) / card.Multiprocessors * issuing), TimeLimit.Arithmetic),
            (bytes / card.Bandwidth, TimeLimit.Memory),
            (bytes / (underWay / MemorySeconds), TimeLimit.Latency),
        ];
        return times.MaxBy(time => time.Seconds);
    }

    /// <summary>The time of a copy or clearing.</summary>
    public static double Predict(CardLimits card, long bytes) => Math.Max(LaunchSeconds, bytes / card.Bandwidth);
}
