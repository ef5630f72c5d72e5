using System.Reflection;
using ILGPU.Backends;
using ILGPU.IR.Intrinsics;

namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>A C# method that ILGPU's OpenCL compiler takes, of every vendor, in place of one of its own values.</summary>
/// <param name="method">The method; generic over the value's type.</param>
sealed class OpenClRedirect(MethodInfo method) : IntrinsicImplementation(BackendType.OpenCL, method, IntrinsicImplementationMode.Redirect)
{
    /// <inheritdoc/>
    protected override bool CanHandleBackend(Backend backend) => true;
}
