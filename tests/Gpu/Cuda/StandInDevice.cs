using Dalle2.Gpu.Passes;
using Dalle2.Gpu.Runtime.Cuda;

namespace Dalle2.Tests.Gpu.Cuda;

/// <summary>A CUDA device on a stand-in for the driver.</summary>
static class StandInDevice
{
    /// <summary>A folder that cannot be made.</summary>
    public static string NoFolder => Path.Combine(Environment.ProcessPath!, "nowhere");

    /// <summary>Opens it; compiled programs are kept nowhere, unless a folder is given.</summary>
    public static CudaDevice Open(StandInDriver driver, CheckMode checking = CheckMode.Drop, string? cacheFolder = null) =>
        CudaDevice.Open("cuda:0", driver, cacheFolder ?? NoFolder, checking);
}
