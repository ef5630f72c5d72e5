using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Dalle2.Tests.Ranks;

[NonParallelizable]
public class RanksVerbTests
{
    static readonly string[] Launchers = LaunchedRanks.Launchers;

    [TestCaseSource(nameof(Launchers))]
    public void Each_rank_has_its_row(string launcher)
    {
        using LaunchedRanks launched = LaunchedRanks.Start(launcher, 3, "ranks", "--json");
        (string output, string error) = launched.End();
        Assert.That(launched.Code, Is.Zero, error);
        JsonNode json = JsonNode.Parse(output)!;
        string library = launcher.EndsWith("mpich", StringComparison.Ordinal) ? "MPICH" : "Open MPI";
        Assert.That((string)json["library"]!, Does.Match($@"^{library} \d"));
        Assert.That((int)json["measured"]!, Is.EqualTo(1));
        Assert.That((double)json["allToAllGBps"]!, Is.Positive);
        JsonNode[] rows = [.. json["ranks"]!.AsArray().Select(row => row!)];
        Assert.That(rows.Select(row => (int)row["rank"]!), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(rows.Select(row => (int)row["local"]!), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(rows.Select(row => (int)row["onMachine"]!), Has.All.EqualTo(3));
        Assert.That(rows.Select(row => (string)row["machine"]!).Distinct().Count(), Is.EqualTo(1));
        Assert.That(rows.Select(row => (int)row["threads"]!), Has.All.InRange(1, Math.Max(1, Environment.ProcessorCount / 3)));
        Assert.That(rows.Skip(1).Select(row => (double)row["latencyMicroseconds"]!), Has.All.Positive);
        Assert.That(rows.Skip(1).Select(row => (double)row["bandwidthGBps"]!), Has.All.Positive);
        Assert.That(rows[0]["latencyMicroseconds"], Is.Null);
    }

    [TestCaseSource(nameof(Launchers))]
    public void Rank_0_alone_writes(string launcher)
    {
        using LaunchedRanks launched = LaunchedRanks.Start(launcher, 2, "ranks");
        (string output, string error) = launched.End();
        Assert.That(launched.Code, Is.Zero, error);
        Assert.That(output, Does.Contain("1 of 2").And.Contain("2 of 2").And.Contain("Every byte arrived as it was sent."));
        Assert.That(output.Split("Every byte"), Has.Length.EqualTo(2));
    }

    [Test]
    public void Who_is_killed_is_told_and_nobody_is_left([ValueSource(nameof(Launchers))] string launcher, [Values(0, 2)] int killed)
    {
        using LaunchedRanks launched = Measuring(launcher, 3, out Process[] workers, out Process[] supervisors);
        LaunchedRanks.Signal(workers[killed], "KILL");
        (string output, string error) = launched.End();
        Assert.That(launched.Code, Is.Not.Zero, error);
        Assert.That(output, Does.Not.Contain("latencyMicroseconds"));
        Assert.That(error, Does.Match($@"dalle2: rank {killed} \(process {workers[killed].Id} on [^)]+\) was killed by signal 9; often"));
        if (killed != 0)
            Assert.That(error, Does.Match($"dalle2: rank {killed} on .+ is gone"));
        All_end([.. workers, .. supervisors]);
    }

    [Test]
    public void A_rank_does_not_outlive_its_supervisor()
    {
        using LaunchedRanks launched = Measuring("mpiexec.mpich", 2, out Process[] workers, out Process[] supervisors);
        LaunchedRanks.Signal(supervisors[1], "KILL");
        launched.End();
        Assert.That(launched.Code, Is.Not.Zero);
        All_end([.. workers, .. supervisors]);
    }

    // Both the supervisor and the rank get it from the launcher, and the rank hears of it from its supervisor too.
    [Test]
    public void An_interrupt_asks_each_rank_once()
    {
        using LaunchedRanks launched = Measuring("mpiexec.mpich", 3, out Process[] workers, out Process[] supervisors);
        launched.Signal("INT");
        // After an interrupt the launcher itself ends now with rank 0's exit code, now with 0.
        (string output, string error) = launched.End();
        Assert.That(error.Split("dalle2: measuring no more"), Has.Length.EqualTo(2), error);
        Assert.That(output, Does.Contain("latencyMicroseconds"));
        Assert.That(error, Does.Not.Contain("killed").And.Not.Contain("is gone"));
        All_end([.. workers, .. supervisors]);
    }

    [Test]
    public void The_wrong_library_is_told()
    {
        string? before = Environment.GetEnvironmentVariable("D2_MPI");
        Environment.SetEnvironmentVariable("D2_MPI", "libmpi.so.of-nobody");
        try
        {
            using LaunchedRanks launched = LaunchedRanks.Start("mpiexec.mpich", 2, "ranks");
            (_, string error) = launched.End();
            Assert.That(launched.Code, Is.EqualTo(Dalle2.Cli.ExitCode.Usage));
            Assert.That(error, Does.Contain("D2_MPI=libmpi.so.of-nobody").And.Contain("apt-get install mpich"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("D2_MPI", before);
        }
    }

    // Until all have measured once; then each process is known.
    static LaunchedRanks Measuring(string launcher, int ranks, out Process[] workers, out Process[] supervisors)
    {
        LaunchedRanks launched = LaunchedRanks.Start(launcher, ranks, "ranks", "--json", "--seconds", "100000");
        string? line;
        do
        {
            line = launched.Error.ReadLine();
            Assert.That(line, Is.Not.Null, "it has ended");
        }
        while (!line!.Contains("go on", StringComparison.Ordinal));
        (Process Worker, Process Supervisor)[] found = [.. Enumerable.Range(0, ranks).Select(launched.Find)];
        workers = [.. found.Select(pair => pair.Worker)];
        supervisors = [.. found.Select(pair => pair.Supervisor)];
        return launched;
    }

    static void All_end(Process[] processes)
    {
        foreach (Process process in processes)
        {
            process.WaitForExit();
            process.Dispose();
        }
    }
}
