namespace Dalle2.Perf;

/// <summary>What is compared.</summary>
/// <param name="Threads">Numbers of threads, one after the other.</param>
/// <param name="Steps">Whole training steps.</param>
/// <param name="Ops">Ops with their sizes.</param>
/// <param name="Forecast">Convolutions of a model to come, with how many there are of each.</param>
/// <param name="Rounds">How often the sides take turns.</param>
/// <param name="Seconds">About how long an op is repeated in a turn.</param>
/// <param name="FewestRuns">Runs of an op in a turn at least.</param>
/// <param name="StepsPerRound">Training steps in a turn.</param>
sealed record ComparisonPlan(
    IReadOnlyList<int> Threads, IReadOnlyList<ComparedModel> Steps, IReadOnlyList<(string Op, int[] Shape)> Ops,
    IReadOnlyList<(int Count, int[] Shape)> Forecast,
    int Rounds, double Seconds, int FewestRuns, int StepsPerRound);
