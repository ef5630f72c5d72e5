using Dalle2.Data;
using Dalle2.Tests.Data;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Ranks;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Ranks;

/// <summary>Which ranks are refused before anything is trained, here threads of one process.</summary>
public class RankAgreementTests
{
    [Test]
    public void Another_version_is_refused() => RequireRefusal(
        "rank 2 on c runs version 2.0, and rank 0 version 1.0", version: rank => rank == 2 ? "2.0" : "1.0");

    [Test]
    public void Other_settings_are_refused() => RequireRefusal(
        "rank 1 on b has other settings (batch: 8, now 4)",
        config: (rank, config) => rank == 1 ? config with { Batch = 4 } : config);

    [Test]
    public void Other_data_are_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["one", "other"])
        {
            Directory.CreateDirectory(folder[name]);
            for (int i = 0; i < 4; i++)
            {
                byte[] samples = [.. Enumerable.Range(0, 12).Select(at => (byte)(16 * at + i))];
                File.WriteAllBytes(folder[$"{name}/{i}.ppm"], [.. "P6 2 2 255\n"u8, .. samples]);
                File.WriteAllText(folder[$"{name}/{i}.txt"], $"picture {i}");
            }
        }

        // One letter.
        File.WriteAllText(folder["other/2.txt"], "pictura 2");
        RequireRefusal("rank 1 on b has other data (4 pictures with captions of digest",
            config: (rank, config) => config with { Data = folder[rank == 1 ? "other" : "one"] });
    }

    [Test]
    public void Data_that_one_rank_cannot_read_are_told_by_its_name()
    {
        using var folder = new TemporaryFolder();
        RequireRefusal("rank 2 on c cannot read the data: ",
            config: (rank, config) => rank == 2 ? config with { Data = folder["nowhere"] } : config);
    }

    static void RequireRefusal(
        string expected, Func<int, string>? version = null, Func<int, TrainingConfig, TrainingConfig>? config = null)
    {
        using var folder = new TemporaryFolder();
        TrainingConfig plain = ModelFamily.Default.Preset("tiny") with { Samples = 16, Batch = 8, Accumulation = 3 };
        string[] told = new string[3];
        ThreadCommunicator.Run(3, communicator =>
        {
            int rank = communicator.Rank;
            var ranks = new TrainingRanks(communicator, ["a", "b", "c"], version?.Invoke(rank) ?? "1.0");
            var request = new TrainingRequest
            {
                Config = config?.Invoke(rank, plain) ?? plain,
                OutputFolder = folder["run"],
                Threads = 1,
                Ranks = ranks,
            };
            told[rank] = Assert.Throws<UserInputException>(() => TrainingSession.Run(request, new SilentObserver()))!.Message;
            Assert.That(ranks.IsTogether);
        });
        Assert.That(told, Has.All.StartsWith(expected).And.All.EndsWith("Nothing was trained"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }
}
