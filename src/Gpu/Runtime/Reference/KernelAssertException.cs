namespace Dalle2.Gpu.Runtime.Reference;

/// <summary>What a kernel asserts does not hold.</summary>
sealed class KernelAssertException(string message) : Exception(message);
