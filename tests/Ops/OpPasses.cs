namespace Dalle2.Ops;

/// <summary>An op's passes, ready to be run in turn.</summary>
/// <param name="Forward">Gives the outputs.</param>
/// <param name="Backward">Takes the outputs' gradients and gives those of the arguments, null where none flows; null of an op that has no backward pass.</param>
public sealed record OpPasses(Func<Tensor[]> Forward, Func<Tensor[], Tensor?[]>? Backward);
