using System.Diagnostics;
using Dalle2.Cli;

namespace Dalle2.Tests.Ranks;

/// <summary>The command line, started by a launcher of MPI as several ranks.</summary>
sealed class LaunchedRanks : IDisposable
{
    // Launchers pass it on, so that what they started can be told from what others did.
    const string Mark = "DALLE2_TEST_LAUNCH";

    readonly string mark = Guid.NewGuid().ToString("N");
    readonly Process launcher;

    LaunchedRanks(string path, string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Mark] = mark;
        launcher = Process.Start(start)!;
        launcher.StandardInput.Close();
    }

    /// <summary>The names of the launchers that a test may ask for.</summary>
    public static string[] Launchers => ["mpiexec.mpich", "mpiexec.openmpi"];

    public int Code => launcher.ExitCode;

    public StreamReader Output => launcher.StandardOutput;

    public StreamReader Error => launcher.StandardError;

    /// <summary>Starts it; skips the test where the launcher is not installed.</summary>
    public static LaunchedRanks Start(string launcher, int ranks, params string[] arguments) => Start(launcher, [(ranks, arguments)]);

    /// <summary>Starts ranks with different arguments; skips the test where the launcher is not installed.</summary>
    public static LaunchedRanks Start(string launcher, params (int Ranks, string[] Arguments)[] kinds)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (folders.Select(folder => Path.Combine(folder, launcher)).FirstOrDefault(File.Exists) is not { } path)
        {
            Assert.Ignore($"{launcher} is not installed");
            throw new InvalidOperationException();
        }

        // Open MPI's does not run more ranks than processors, or as root, unless it is told to.
        string[] permission = launcher.Contains("openmpi", StringComparison.Ordinal) ? ["--allow-run-as-root", "--oversubscribe"] : [];
        string program = Path.Combine(TestContext.CurrentContext.TestDirectory, $"{typeof(Application).Assembly.GetName().Name}.dll");
        return new LaunchedRanks(path, [.. permission, .. kinds.SelectMany((kind, i) =>
            (string[])[.. i == 0 ? Array.Empty<string>() : [":"], "-n", $"{kind.Ranks}", "dotnet", program, .. kind.Arguments])]);
    }

    /// <summary>Waits until it has ended, and returns what it has written since.</summary>
    public (string Output, string Error) End()
    {
        Task<string> output = Output.ReadToEndAsync(), error = Error.ReadToEndAsync();
        launcher.WaitForExit();
        return (output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>The processes that do the work of a rank, and those that supervise them.</summary>
    public (Process Worker, Process Supervisor) Find(int rank)
    {
        List<int> found = [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!)).Where(id => Environments(id).Contains($"{Mark}={mark}")
            && Environments(id).Any(entry => entry == $"PMI_RANK={rank}" || entry == $"OMPI_COMM_WORLD_RANK={rank}"))];
        bool Works(int id) => Environments(id).Any(entry => entry.StartsWith("D2_RANK_CHILD=", StringComparison.Ordinal));
        return (Process.GetProcessById(found.Single(Works)), Process.GetProcessById(found.Single(id => !Works(id))));
    }

    public void Signal(string signal) => Signal(launcher, signal);

    public static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!launcher.HasExited)
            launcher.Kill(entireProcessTree: true);
        launcher.Dispose();
    }

    static string[] Environments(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/environ").Split('\0');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is another user's.
            return [];
        }
    }
}
