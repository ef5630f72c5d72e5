namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>ILGPU's devices by their names. What there is is asked of the drivers, so that the list does not open ILGPU.</summary>
static class IlgpuDevices
{
    /// <summary>What their names begin with.</summary>
    public const string Prefix = "ilgpu:";

    /// <summary>The one that is always there.</summary>
    public const string Cpu = Prefix + "cpu";

    /// <summary>The lines of the list of devices.</summary>
    public static IReadOnlyList<DeviceDescription> List() =>
    [
        new(Cpu, "ilgpu", true, "ILGPU's CPU accelerator: the kernels' own .NET methods, a host thread for each thread of a group, every index checked: a breakpoint in a kernel works; slow"),
    ];

    /// <summary>Opens one.</summary>
    public static Device Open(string name, int threads, bool isChecked) => name switch
    {
        Cpu => new IlgpuCpuDevice(threads == 0 ? Environment.ProcessorCount : threads),
        _ => throw new DeviceUnavailableException($"there is no device '{name}'"),
    };
}
