using System.Diagnostics;
using System.Security.Cryptography;
using Dalle2.Cli;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Ranks;

/// <summary>Trainings over ranks that MPI's launcher has started: their bits, what becomes of them when one is lost, and which do not begin.</summary>
[NonParallelizable]
public class RankedTrainingTests
{
    const string Launcher = "mpiexec.mpich";

    static readonly string[] Classic = ["--preset", "tiny", "--set", "samples=64", "batch=4", "accumulation=4",
        "textSteps=20", "imageSteps=20", "jointSteps=20", "decoderSteps=20", "fineTuneSteps=20"];

    static readonly string[] Unclip = ["--model", "unclip", "--preset", "tiny", "--set", "samples=64", "batch=4", "clipBatch=4",
        "priorBatch=4", "accumulation=4", "upsamplers=2",
        "clipSteps=20", "priorSteps=20", "decoderSteps=20", "upsamplerSteps=20", "secondUpsamplerSteps=20"];

    // A stage that goes on until something happens.
    static readonly string[] Long = ["--preset", "tiny", "--set", "samples=64", "batch=4", "accumulation=3", "textSteps=1000",
        "imageSteps=2", "jointSteps=2", "decoderSteps=2", "fineTuneSteps=2", "checkpointEvery=100000", "logEvery=100"];

    [Test]
    public void Every_number_of_ranks_writes_the_same_checkpoints([Values("classic", "unclip")] string family)
    {
        using var folder = new TemporaryFolder();
        string[] settings = family == "classic" ? Classic : Unclip;
        Train(1, [.. settings, "--out", folder["1"]]);
        SortedDictionary<string, string> expected = Hashes(folder["1"]);
        Assert.That(Finals(folder["1"]), Has.Count.EqualTo(5));
        foreach (int ranks in (int[])[2, 3, 4])
        {
            Train(ranks, [.. settings, "--out", folder[$"{ranks}"]]);
            Assert.That(Hashes(folder[$"{ranks}"]), Is.EqualTo(expected), $"{ranks} ranks");
            Assert.That(File.ReadAllText(folder[$"{ranks}/log.jsonl"]), Is.EqualTo(File.ReadAllText(folder["1/log.jsonl"])));
        }

        // And one process that knows nothing of ranks.
        CommandRun.Of(["train", "--data", "shapes", "--threads", "2", .. settings, "--out", folder["alone"]]).Succeeded();
        Assert.That(Hashes(folder["alone"]), Is.EqualTo(expected));
    }

    [Test]
    public void A_lost_rank_leaves_a_checkpoint_from_which_another_number_goes_on_to_the_same_bits([Values] bool shardsOptimizer)
    {
        using var folder = new TemporaryFolder();
        string[] shards = shardsOptimizer ? ["--shard-optimizer", "--set", "checkpointEvery=20"] : [];
        using (LaunchedRanks launched = LaunchedRanks.Start(
            Launcher, 3, ["train", "--data-parallel", "--data", "shapes", .. Long, .. shards, "--out", folder["run"]]))
        {
            // Past the first checkpoint, where only those are left.
            WaitFor(launched, "text  ", skipped: shardsOptimizer ? 1 : 0);
            LaunchedRanks.Signal(launched.Find(1).Worker, "KILL");
            (_, string error) = launched.End();
            Assert.That(launched.Code, Is.Not.Zero);
            Assert.That(error, Does.Match(@"dalle2: rank 1 \(process \d+ on .+\) was killed by signal 9"));
            Assert.That(error, Does.Match(@"dalle2: rank 1 on .+ is gone in stage 'text', behind step \d+ of 1000, "
                + (shardsOptimizer ? "with the moments of its part; the last checkpoint is .+; go on"
                    : "whose checkpoint is saved; go on")));
        }

        Train(2, ["--resume", "--out", folder["run"], .. shards.Take(1)]);
        CommandRun.Of(["train", "--data", "shapes", .. Long, .. shards.Skip(1), "--out", folder["alone"]]).Succeeded();
        Assert.That(Finals(folder["run"]), Is.EqualTo(Finals(folder["alone"])).And.Count.EqualTo(5));
    }

    [Test]
    public void An_interrupt_stops_all_behind_the_same_step()
    {
        using var folder = new TemporaryFolder();
        using (LaunchedRanks launched = LaunchedRanks.Start(
            Launcher, 2, ["train", "--data-parallel", "--data", "shapes", .. Long, "--out", folder["run"]]))
        {
            WaitFor(launched, "text  ", skipped: 0);
            launched.Signal("INT");
            (_, string error) = launched.End();
            Assert.That(error, Does.Match(
                @"dalle2: stopped in stage 'text' after step \d+ of 1000; a checkpoint is saved: "
                + "dalle2 train --resume"));
            Assert.That(error, Does.Not.Contain("is gone"));
        }

        Train(3, ["--resume", "--out", folder["run"]]);
        CommandRun.Of(["train", "--data", "shapes", .. Long, "--out", folder["alone"]]).Succeeded();
        Assert.That(Finals(folder["run"]), Is.EqualTo(Finals(folder["alone"])));
    }

    [Test]
    public void A_rank_with_other_settings_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        string[] first = ["train", "--data-parallel", "--data", "shapes", .. Classic, "--out", folder["run"]];
        using LaunchedRanks launched = LaunchedRanks.Start(Launcher, (1, first), (1, [.. first, "--seed", "2"]));
        (_, string error) = launched.End();
        Assert.That(launched.Code, Is.Not.Zero);
        Assert.That(error, Does.Match("dalle2: rank 1 on .+ has other settings \\(seed: 1, now 2\\). Nothing was trained"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    // What is wrong on all ranks is said once, and what is wrong on one by its name.
    [Test]
    public void A_rank_that_cannot_begin_is_told_by_rank_0()
    {
        using var folder = new TemporaryFolder();
        string[] first = ["train", "--data-parallel", "--data", "shapes", .. Classic, "--out", folder["run"]];
        using LaunchedRanks one = LaunchedRanks.Start(Launcher, (1, first), (1, [.. first, "--set", "batch=1"]));
        (_, string error) = one.End();
        Assert.That(one.Code, Is.Not.Zero);
        Assert.That(error, Does.Match("dalle2: rank 1 on .+ cannot take part: batch is 1.+Nothing was trained"));
        Assert.That(error.Split("batch is 1"), Has.Length.EqualTo(2));

        using LaunchedRanks all = LaunchedRanks.Start(Launcher, 2, [.. first, "--set", "batch=1"]);
        (_, error) = all.End();
        Assert.That(all.Code, Is.Not.Zero);
        Assert.That(error.Split("batch is 1"), Has.Length.EqualTo(2), error);
        Assert.That(error, Does.Not.Contain("is gone"));
    }

    [Test]
    public void A_step_of_fewer_parts_than_ranks_is_refused_with_what_to_set()
    {
        using var folder = new TemporaryFolder();
        using LaunchedRanks launched = LaunchedRanks.Start(
            Launcher, 2, ["train", "--data-parallel", "--data", "shapes", .. CommandRun.FewSteps, "--out", folder["run"]]);
        (_, string error) = launched.End();
        Assert.That(launched.Code, Is.Not.Zero);
        Assert.That(error, Does.Contain("accumulation=2").And.Contain("batch=4").And.Contain("Nothing was trained"));
    }

    [Test]
    public void Without_MPI_it_is_said_what_to_install()
    {
        using var folder = new TemporaryFolder();
        string program = Path.Combine(TestContext.CurrentContext.TestDirectory, $"{typeof(Application).Assembly.GetName().Name}.dll");
        var start = new ProcessStartInfo(
            "dotnet", [program, "train", "--data-parallel", "--data", "shapes", .. Classic, "--out", folder["run"]])
        {
            RedirectStandardError = true,
            Environment = { ["D2_MPI"] = "libmpi.so.of-nobody" },
        };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(error, Does.Contain("apt-get install mpich"));
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.That(CommandRun.Of("train", "--shard-optimizer").Error, Does.Contain("--data-parallel"));
        Assert.That(CommandRun.Of("train", "--data-parallel", "--minutes", "3").Error,
            Does.Contain("--minutes measures steps on one machine"));
    }

    static void Train(int ranks, string[] arguments)
    {
        string[] data = arguments.Contains("--resume") ? [] : ["--data", "shapes"];
        using LaunchedRanks launched = LaunchedRanks.Start(Launcher, ranks, ["train", "--data-parallel", .. data, .. arguments]);
        (_, string error) = launched.End();
        Assert.That(launched.Code, Is.Zero, error);
    }

    static void WaitFor(LaunchedRanks launched, string beginning, int skipped)
    {
        while (launched.Error.ReadLine() is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal) && skipped-- == 0)
                return;
        }

        Assert.Fail("it has ended");
    }

    static SortedDictionary<string, string> Hashes(string run) => new(Directory
        .EnumerateFiles(Path.Combine(run, "checkpoints"), "*.safetensors", SearchOption.AllDirectories).ToDictionary(
        file => Path.GetRelativePath(run, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))));

    static Dictionary<string, string> Finals(string run) =>
        Hashes(run).Where(file => file.Key.Contains("final", StringComparison.Ordinal)).ToDictionary();
}
