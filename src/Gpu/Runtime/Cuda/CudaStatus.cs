using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.Cuda;

/// <summary>The codes that the driver's functions return.</summary>
static unsafe class CudaStatus
{
    public const int Success = 0;
    public const int InvalidValue = 1;
    public const int OutOfMemory = 2;
    public const int NotInitialized = 3;
    public const int NoDevice = 100;
    public const int InvalidDevice = 101;
    public const int InvalidContext = 201;
    public const int InvalidPtx = 218;
    public const int InvalidHandle = 400;
    public const int NotFound = 500;
    public const int IllegalAddress = 700;
    public const int LaunchOutOfResources = 701;
    public const int LaunchFailed = 719;
    public const int NotSupported = 801;
    public const int CaptureUnsupported = 900;

    /// <summary>Whether nothing works after it: the driver gives the same code for whatever is asked of the context from then on.</summary>
    public static bool IsLost(int code) => code is 46 or 214 or 220 or 700 or 702 or 709 or 710 or (>= 714 and <= 719) or 999;

    /// <summary>The code in the driver's own words, such as <c>CUDA_ERROR_OUT_OF_MEMORY (out of memory)</c>.</summary>
    public static string Describe(CudaApi api, int code)
    {
        byte* name = null, text = null;
        if (api.GetErrorName(code, &name) != Success || name == null)
            return $"CUDA error {code}";
        return api.GetErrorString(code, &text) == Success && text != null
            ? $"{Marshal.PtrToStringUTF8((nint)name)} ({Marshal.PtrToStringUTF8((nint)text)})"
            : Marshal.PtrToStringUTF8((nint)name)!;
    }
}
