namespace Dalle2.IlgpuKernels;

/// <summary>An argument of a launch that views memory.</summary>
public abstract class KernelArgument
{
    /// <summary>The boxed value that the kernel takes, over <paramref name="memory"/>.</summary>
    public abstract object Create(LaunchMemory memory);
}
