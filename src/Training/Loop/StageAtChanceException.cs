namespace Dalle2.Training.Loop;

/// <summary>A stage does no better than chance, so that the stages behind it have nothing to build on; the message says what to change. The stage's checkpoint is kept.</summary>
public sealed class StageAtChanceException(string message) : Exception(message);
