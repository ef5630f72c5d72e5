namespace Dalle2.Gpu.Runtime.Planning;

/// <summary>How a piece of work fills a card, and how long it takes there by <see cref="CostModel"/>: a prediction, of launches that follow each other without a gap.</summary>
/// <param name="Card">The card.</param>
/// <param name="Launches">Launches by kernel and groups, those that take longest first.</param>
/// <param name="Moves">Copies within the device, and clearings.</param>
/// <param name="MovedBytes">Bytes that they read and write.</param>
/// <param name="MoveSeconds">Their predicted time.</param>
public sealed record StepPlan(CardLimits Card, IReadOnlyList<LaunchPlan> Launches, int Moves, long MovedBytes, double MoveSeconds)
{
    /// <summary>The predicted time of all of it.</summary>
    public double Seconds => Launches.Sum(launch => launch.Seconds) + MoveSeconds;

    /// <summary>What takes a part of that that is worth a look: over a hundredth.</summary>
    public IEnumerable<LaunchPlan> Worthwhile => Launches.Where(launch => launch.Seconds > Seconds / 100);
}
