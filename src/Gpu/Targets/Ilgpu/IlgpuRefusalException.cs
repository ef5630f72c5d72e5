namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>ILGPU's compiler does not take a kernel.</summary>
public sealed class IlgpuRefusalException(string message, Exception inner) : Exception(message, inner);
