using System.Diagnostics;
using Dalle2.Gpu.Runtime.Reference;

namespace Dalle2.Gpu.Runtime.Ilgpu;

/// <summary>A launch whose first failure is kept; threads that have not begun then do nothing.</summary>
/// <param name="launch">The launch.</param>
sealed class GuardedLaunch(Launch launch)
{
    readonly ThreadLoop thread = launch.Kernel.Direct;
    readonly object[] arguments = launch.Arguments;
    readonly Index3D extent = launch.Extent;
    readonly bool isGrouped = launch.Config != null;
    InvalidOperationException? failure;

    /// <summary>What the first thread that failed met, with its place; null if none did.</summary>
    public InvalidOperationException? Failure => Volatile.Read(ref failure);

    /// <summary>Runs the thread that ILGPU is at.</summary>
    public void RunThread(KernelThreadState state)
    {
        if (Failure != null)
            return;
        int first = isGrouped ? 0 : Grid.IdxX;
        state.Enter();
        try
        {
            thread(arguments, extent, first, first + 1);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure, new InvalidOperationException($"{Place(first)}: {e.Message.TrimEnd('.')}{Source(e)}",
                e), null);
        }
        finally
        {
            state.Leave();
        }
    }

    string Place(int linear) => isGrouped
        ? $"thread ({Group.IdxX}, {Group.IdxY}, {Group.IdxZ}) of group ({Grid.IdxX}, {Grid.IdxY}, {Grid.IdxZ})"
        : $"thread {linear}";

    // The line of the kernel, or of what it calls, that is not the runtime's, ILGPU's or the base library's.
    static string Source(Exception e)
    {
        foreach (StackFrame frame in new StackTrace(e, true).GetFrames())
        {
            string space = frame.GetMethod()?.DeclaringType?.Namespace ?? "";
            bool isOwn = space.StartsWith("System", StringComparison.Ordinal) || space.StartsWith(nameof(ILGPU), StringComparison.Ordinal)
                || space.StartsWith("Dalle2.Gpu.Runtime", StringComparison.Ordinal);
            if (!isOwn && frame.GetFileName() is { } file)
                return $", at {System.IO.Path.GetFileName(file)}:{frame.GetFileLineNumber()}";
        }

        return "";
    }
}
