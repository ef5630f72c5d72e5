namespace Dalle2.IlgpuKernels;

/// <summary>An argument that a function makes of one or several buffers, as structs with views are.</summary>
public sealed class BuiltArgument(Func<LaunchMemory, object> build) : KernelArgument
{
    /// <inheritdoc/>
    public override object Create(LaunchMemory memory) => build(memory);
}
