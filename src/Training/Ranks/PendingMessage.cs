namespace Dalle2.Training.Ranks;

/// <summary>A message of a <see cref="Communicator"/> that was begun; the default is none.</summary>
/// <param name="Request">What the communicator knows it by.</param>
public record struct PendingMessage(nint Request);
