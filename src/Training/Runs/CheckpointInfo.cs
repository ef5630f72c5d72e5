namespace Dalle2.Training.Runs;

/// <summary>What a checkpoint says about itself, beside its tensors.</summary>
/// <param name="Model">The family of models, by name.</param>
/// <param name="Preset">The preset the model was built from.</param>
/// <param name="Stage">The stage of training that wrote it.</param>
/// <param name="Step">Optimizer steps done in that stage.</param>
/// <param name="Seed">The seed of the run.</param>
/// <param name="ConfigHash">The hash of the run's configuration, see <see cref="RunFolder.ConfigHash"/>.</param>
public sealed record CheckpointInfo(string Model, string Preset, string Stage, long Step, ulong Seed, string ConfigHash);
