using ILGPU.IR;

namespace Dalle2.Gpu.Targets.Ilgpu;

/// <summary>Contexts of ILGPU. Each costs a fifth of a second, so that one is made only when a device or a text of ILGPU is asked for.</summary>
static class IlgpuContext
{
    /// <summary>A context whose compiler knows what ILGPU lacks (<see cref="IlgpuMembers"/>).</summary>
    /// <param name="devices">Adds the devices that it shall have.</param>
    public static Context Create(Action<Context.Builder> devices) => Context.Create(builder =>
    {
        // Tables in static fields are constants of kernels.
        devices(builder.EnableAlgorithms().Arrays(ArrayMode.InlineMutableStaticArrays));
        IlgpuMembers.Register(builder.GetIntrinsicManager());
    });
}
