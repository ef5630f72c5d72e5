namespace Dalle2.Tensors;

/// <summary>Names one random tensor of a step whose number lies in device memory, so that work recorded with it draws anew in each step.</summary>
/// <param name="Key">The key; its step counts only where <paramref name="Step"/> is empty.</param>
/// <param name="Step">The step's number in two words, the lower first; or empty.</param>
public readonly record struct StepKey(RandomKey Key, ArrayView<int> Step)
{
    /// <summary>A key whose step is known on the host.</summary>
    public static implicit operator StepKey(RandomKey key) => new(key, ArrayView<int>.Empty);

    /// <summary>The key with the step of device memory, if it lies there; for kernels.</summary>
    public static RandomKey At(RandomKey key, ArrayView<int> step) => step.Length == 0
        ? key
        : new RandomKey(key.Seed, ((ulong)(uint)step[1] << 32) | (uint)step[0], key.Tensor);
}
