using Dalle2.Training.Runs;

namespace Dalle2.Training.Families;

/// <summary>A named starting point of a configuration.</summary>
/// <param name="Name">The name: of <c>--preset</c>.</param>
/// <param name="Summary">What it is for, in a few words.</param>
/// <param name="Config">The settings.</param>
public sealed record Preset(string Name, string Summary, TrainingConfig Config);
