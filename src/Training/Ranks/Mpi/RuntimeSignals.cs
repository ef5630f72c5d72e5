using System.Runtime.InteropServices;

namespace Dalle2.Training.Ranks.Mpi;

/// <summary>
/// Keeps MPI from taking signals away from .NET. UCX, by which MPICH talks, and Open MPI put handlers of their own in place of those by which null references
/// and divisions by zero become exceptions, and by which the program is asked to stop; the first null reference would be the end of the process.
/// </summary>
sealed partial class RuntimeSignals
{
    // More than the system's structure has anywhere.
    const int HandlerBytes = 512;

    // Hang-up, interrupt, illegal instruction, trap, abort, bus error, arithmetic, segment, terminate.
    static readonly int[] Signals = [1, 2, 4, 5, 6, OperatingSystem.IsMacOS() ? 10 : 7, 8, 11, 15];

    readonly byte[] handlers = GC.AllocateArray<byte>(Signals.Length * HandlerBytes, pinned: true);

    RuntimeSignals()
    {
    }

    /// <summary>Remembers the handlers, before MPI is loaded; null where there are no such signals.</summary>
    public static RuntimeSignals? Remember()
    {
        if (OperatingSystem.IsWindows())
            return null;
        var signals = new RuntimeSignals();
        for (int i = 0; i < Signals.Length; i++)
            _ = SetAction(Signals[i], 0, signals.Handler(i));
        return signals;
    }

    /// <summary>Puts them back, after MPI was started.</summary>
    public void Restore()
    {
        for (int i = 0; i < Signals.Length; i++)
            _ = SetAction(Signals[i], Handler(i), 0);
    }

    nint Handler(int i) => Marshal.UnsafeAddrOfPinnedArrayElement(handlers, i * HandlerBytes);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SetAction(int signal, nint action, nint before);
}
