using System.Runtime.InteropServices;

namespace Dalle2.Gpu.Runtime.OpenCl;

/// <summary>What PoCL, OpenCL on the host's processors, is told before it is loaded.</summary>
static partial class PoclOptions
{
    /// <summary>
    /// Keeps PoCL from taking a signal away from .NET: its handler for SIGFPE replaces .NET's, and an integer division by zero anywhere in the process is then
    /// no <see cref="DivideByZeroException"/> but its end; kernels of ours never raise the signal. And has it run a group's threads as a loop, where else it may
    /// write the kernel out once for each, for minutes where barriers lie in loops. What the user has set stays.
    /// </summary>
    public static void Set()
    {
        // .NET's own variables are a copy that native code does not see.
        if (OperatingSystem.IsWindows())
            return;
        _ = SetVariable("POCL_SIGFPE_HANDLER", "0", overwrite: 0);
        _ = SetVariable("POCL_WORK_GROUP_METHOD", "loopvec", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
