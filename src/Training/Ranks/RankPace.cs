using MathNet.Numerics.Statistics;

namespace Dalle2.Training.Ranks;

/// <summary>How long ranks take for their parts of steps: names the one that all others wait for.</summary>
sealed class RankPace
{
    // Steps that are looked at together, and how much more than the others one must take.
    const int Window = 50;
    const double Slow = 1.5;

    List<float>[] byRank = [];
    bool isTold;

    /// <summary>Takes the times of a step.</summary>
    /// <param name="seconds">Of each rank.</param>
    /// <returns>Once: the rank that is slow, its median, and the median of the others' medians.</returns>
    public (int Rank, double Seconds, double Others)? Slowest(ReadOnlySpan<float> seconds)
    {
        if (isTold || seconds.Length < 2)
            return null;
        if (byRank.Length == 0)
            byRank = [.. Enumerable.Range(0, seconds.Length).Select(_ => new List<float>(Window))];
        for (int rank = 0; rank < seconds.Length; rank++)
            byRank[rank].Add(seconds[rank]);
        if (byRank[0].Count < Window)
            return null;
        double[] medians = [.. byRank.Select(times => (double)times.Median())];
        Array.ForEach(byRank, times => times.Clear());
        int slowest = Array.IndexOf(medians, medians.Max());
        double others = medians.Where((_, rank) => rank != slowest).Median();
        isTold = medians[slowest] > Slow * others;
        return isTold ? (slowest, medians[slowest], others) : null;
    }
}
