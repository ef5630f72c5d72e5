namespace Dalle2.Training.Reporting;

/// <summary>One line of a <see cref="Chart"/>.</summary>
/// <param name="Name">Shown in the legend.</param>
/// <param name="Points">In order of X; a Y that is not finite interrupts the line.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
