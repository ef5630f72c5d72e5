namespace Dalle2.Training.Loop;

/// <summary>The loss or a gradient is no longer a finite number; the message names the step, the first layer that went bad and what is kept.</summary>
public sealed class TrainingDivergedException(string message, Exception? inner = null) : Exception(message, inner);
