namespace Dalle2.Training.Ranks;

/// <summary>Which parts of a step are whose: neighboring ones, as many for each rank as the division allows.</summary>
/// <param name="Parts">Parts of a step.</param>
/// <param name="Ranks">Ranks, no more than parts.</param>
readonly record struct PartShare(int Parts, int Ranks)
{
    /// <summary>The most parts that a rank has.</summary>
    public int Largest => (Parts + Ranks - 1) / Ranks;

    /// <summary>A rank's first part.</summary>
    public int First(int rank) => (int)((long)rank * Parts / Ranks);

    /// <summary>One past a rank's last part.</summary>
    public int End(int rank) => First(rank + 1);
}
