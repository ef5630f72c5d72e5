using System.Diagnostics;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>
/// ILGPU asserts that indices lie in their views, and a failed assertion ends the process. Inside of a kernel this makes an exception of it; everything else goes on to the listeners that
/// there were.
/// </summary>
sealed class AssertListener : TraceListener
{
    static readonly Lock Gate = new();

    /// <summary>Puts it in front of all others, once.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (Trace.Listeners.Count == 0 || Trace.Listeners[0] is not AssertListener)
                Trace.Listeners.Insert(0, new AssertListener());
        }
    }

    /// <inheritdoc/>
    public override bool IsThreadSafe => true;

    /// <inheritdoc/>
    public override void Fail(string? message) => Fail(message, null);

    /// <inheritdoc/>
    public override void Fail(string? message, string? detailMessage)
    {
        if (KernelThreadState.IsInKernel)
            throw new KernelAssertException(string.IsNullOrEmpty(message) ? "an assertion failed" : message);
    }

    /// <inheritdoc/>
    public override void Write(string? message)
    {
    }

    /// <inheritdoc/>
    public override void WriteLine(string? message)
    {
    }
}
