using Dalle2.Gpu.Passes;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <content>The cards there are, and how one is opened.</content>
sealed unsafe partial class CudaDevice
{
    /// <summary>The lines of the list of devices; without one, what to install.</summary>
    /// <param name="api">The driver; null if there is none.</param>
    public static IReadOnlyList<DeviceDescription> List(CudaApi? api)
    {
        IReadOnlyList<CudaHardware> all = CudaHardware.All(api, out string? refusal);
        return refusal != null
            ? [new DeviceDescription("cuda", "cuda", false, refusal)]
            : [.. all.Select((hardware, n) => new DeviceDescription($"cuda:{n}", "cuda", hardware.Refusal == null,
                hardware.Description + (hardware.Refusal == null ? "" : $": {hardware.Refusal}")))];
    }

    /// <summary>Opens <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="api">The driver; null if there is none.</param>
    /// <param name="cacheFolder">Where compiled programs are kept; null takes the user's cache.</param>
    /// <param name="checking">Whether kernels check their indices and numbers.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device, or it cannot be had; the message says why.</exception>
    public static CudaDevice Open(string name, CudaApi? api, string? cacheFolder = null, CheckMode checking = CheckMode.Drop)
    {
        int number = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name["cuda:".Length..], out number)
            && number >= 0))
        {
            throw new DeviceUnavailableException($"there is no device '{name}'; NVIDIA's cards are called cuda:0, cuda:1 and so on");
        }

        IReadOnlyList<CudaHardware> all = CudaHardware.All(api, out string? refusal);
        if (refusal != null)
            throw new DeviceUnavailableException($"{name}: {refusal}");
        if (number >= all.Count)
        {
            throw new DeviceUnavailableException($"there is no device '{name}'; the NVIDIA driver has {all.Count}, cuda:0"
                + $"{(all.Count > 1 ? $" to cuda:{all.Count - 1}" : "")}");
        }

        if (all[number].Refusal is { } why)
            throw new DeviceUnavailableException($"{name} ({all[number].Description}): {why}");
        var cache = new ProgramCache(cacheFolder ?? System.IO.Path.Combine(ProgramCache.DefaultFolder, "cuda"));
        try
        {
            return new CudaDevice($"cuda:{number}", api!, all[number], cache, checking);
        }
        catch (KernelException e)
        {
            throw new DeviceUnavailableException($"cuda:{number} ({all[number].Description}) cannot be opened: {e.Message}");
        }
    }
}
