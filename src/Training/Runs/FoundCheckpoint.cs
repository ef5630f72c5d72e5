namespace Dalle2.Training.Runs;

/// <summary>The checkpoint that <see cref="CheckpointFolder.Latest"/> chose.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Checkpoint">What is in it.</param>
/// <param name="Skipped">One sentence for each newer file that is damaged and was passed over; empty when all is well.</param>
public sealed record FoundCheckpoint(string Path, Checkpoint Checkpoint, IReadOnlyList<string> Skipped);
