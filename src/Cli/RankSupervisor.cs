using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Dalle2.Training.Ranks.Mpi;

namespace Dalle2.Cli;

/// <summary>
/// What mpiexec has started, when it is a rank: it runs the program once more as its child, which does the work. For mpiexec kills all ranks as soon as one has
/// ended badly, before any could save a checkpoint or say a word; the supervisor says how its child ended, and itself ends only when rank 0 has had time.
/// </summary>
static class RankSupervisor
{
    // Holds the child's end of a pipe: a byte in it asks the child to stop, and its end is the supervisor's.
    const string ChildVariable = "D2_RANK_CHILD";

    // An exit code above it is a signal's.
    const int SignalCode = 128;

    const int Kill = 9;

    static readonly TimeSpan RankZeroTime = TimeSpan.FromSeconds(60);

    /// <summary>Runs the program as a child, if it is one of several ranks.</summary>
    /// <param name="arguments">What stands behind the program's name.</param>
    /// <param name="error">Gets a sentence if the child is killed.</param>
    /// <returns>The exit code; null if this process is to do the work itself.</returns>
    public static int? Run(string[] arguments, TextWriter error)
    {
        bool ranks = arguments is ["ranks", ..]
            || arguments.Any(argument => argument.Split('=', ':')[0] == "--data-parallel");
        // Signals and inherited pipes are another thing on Windows.
        if (!ranks || OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable(ChildVariable) != null
            || MpiLauncher.Find() is not { } launcher || launcher.Size == 1)
        {
            return null;
        }

        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using var signaled = new ManualResetEventSlim();
        int signals = 0;
        void Forward(PosixSignalContext signal)
        {
            signal.Cancel = true;
            signaled.Set();
            if (Interlocked.Increment(ref signals) == 1)
                Ask(pipe);
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Forward);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Forward);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Forward);
        using Process child = Process.Start(Again(arguments, pipe.GetClientHandleAsString()))!;
        pipe.DisposeLocalCopyOfClientHandle();
        child.WaitForExit();
        int code = child.ExitCode;
        if (code > SignalCode && Volatile.Read(ref signals) == 0)
        {
            error.WriteLine($"dalle2: rank {launcher.Rank} (process {child.Id} on {Environment.MachineName}) was killed by signal "
                + $"{code - SignalCode}{(code - SignalCode == Kill ? "; often the machine was out of memory" : "")}");
        }

        // Meanwhile rank 0 notices, saves, and ends, by which mpiexec ends this. Another signal ends it as well. Wrong usage is found before there is
        // anything to save, and MPICH's mpiexec ends no others for a rank that has not joined them.
        if (code is not (ExitCode.Ok or ExitCode.Usage) && launcher.Rank is not 0)
        {
            signaled.Reset();
            signaled.Wait(RankZeroTime);
        }

        return code;
    }

    /// <summary>In the child: listens to the supervisor, without which it does not live on. Elsewhere it does nothing.</summary>
    /// <param name="stop">Called when it asks to stop.</param>
    public static void Obey(Action stop)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { Length: > 0 } handle)
            return;
        // What the child starts is nobody's child in this sense.
        Environment.SetEnvironmentVariable(ChildVariable, null);
        var pipe = new AnonymousPipeClientStream(PipeDirection.In, handle);
        new Thread(() => Listen(pipe, stop)) { Name = "supervisor", IsBackground = true }.Start();
    }

    static void Listen(AnonymousPipeClientStream pipe, Action stop)
    {
        while (pipe.ReadByte() >= 0)
            stop();
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    static void Ask(AnonymousPipeServerStream pipe)
    {
        try
        {
            pipe.WriteByte(1);
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    // Streams, and what the launcher's library talks through, are inherited.
    static ProcessStartInfo Again(string[] arguments, string handle)
    {
        string program = Environment.ProcessPath!;
        bool host = Path.GetFileNameWithoutExtension(program) == "dotnet";
        IEnumerable<string> all = host ? arguments.Prepend(Environment.GetCommandLineArgs()[0]) : arguments;
        var again = new ProcessStartInfo(program, all)
        {
            UseShellExecute = false,
            // Open MPI's launcher reads what is written through a terminal, whose control sequences must not get into a document.
            Environment = { [ChildVariable] = handle, ["TERM"] = "dumb" },
        };
        // UCX, by which MPICH talks, ends a process that reads the memory of one which is gone, and then rank 0 saves nothing. On one machine shared memory is enough.
        if (Environment.GetEnvironmentVariable("MPI_LOCALNRANKS") is { Length: > 0 } local
            && local == Environment.GetEnvironmentVariable("PMI_SIZE"))
        {
            again.Environment.TryAdd("UCX_TLS", "posix,sysv,self");
        }

        return again;
    }
}
