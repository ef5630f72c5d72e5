using System.Reflection;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>What a card's driver makes of a kernel.</summary>
public static class CardResources
{
    /// <summary>The registers, local and shared memory that the first card's driver gives a kernel, in words; null if there is no card here.</summary>
    /// <exception cref="KernelException">The driver refuses the kernel.</exception>
    public static string? Describe(MethodInfo kernel) => Describe(kernel, CudaLibrary.Instance);

    /// <summary>The same with any driver.</summary>
    internal static string? Describe(MethodInfo kernel, CudaApi? api, string? cacheFolder = null)
    {
        if (!CudaDevice.List(api)[0].Available)
            return null;
        using CudaDevice device = CudaDevice.Open("cuda:0", api, cacheFolder);
        return $"{device.Name}, {device.Hardware.Name}: {device.Resources(kernel)}";
    }
}
