using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>
/// Keeps PoCL from taking a signal away from .NET. Its handler for SIGFPE replaces .NET's, and an integer division by zero anywhere in the process is then
/// no <see cref="DivideByZeroException"/> but its end. Kernels of ours never raise the signal.
/// </summary>
static partial class PoclSignals
{
    /// <summary>Tells PoCL so, before it is loaded; what the user has set stays.</summary>
    public static void LeaveToRuntime()
    {
        // .NET's own variables are a copy that native code does not see.
        if (!OperatingSystem.IsWindows())
            _ = SetVariable("POCL_SIGFPE_HANDLER", "0", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
