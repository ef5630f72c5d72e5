namespace Dalle2.IlgpuKernels;

/// <summary>A buffer of a kernel case, of any element type.</summary>
public abstract class KernelBuffer : KernelArgument
{
    /// <summary>What the buffer holds in <paramref name="memory"/> now, as an array of its element type.</summary>
    public abstract Array Read(LaunchMemory memory);

    /// <summary>What the buffer must hold after the launch: an array of its element type.</summary>
    public abstract Array Expectation { get; }
}
