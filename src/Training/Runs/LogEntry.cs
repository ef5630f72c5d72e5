namespace Dalle2.Training.Runs;

/// <summary>One line of a run's log.</summary>
/// <param name="Stage">The stage of training.</param>
/// <param name="Step">Optimizer steps done in that stage, from 1.</param>
/// <param name="Values">Named figures in the order they are written: loss, learning rate... A value that is not finite is stored as null and read as NaN.</param>
public sealed record LogEntry(string Stage, long Step, IReadOnlyList<KeyValuePair<string, double>> Values)
{
    /// <summary>The figure of that name, or null when the line has none.</summary>
    public double? Find(string name)
    {
        foreach ((string key, double value) in Values)
        {
            if (key == name)
                return value;
        }

        return null;
    }
}
