using System.Text;
using Dalle2.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class RunFolderTests
{
    sealed record Config(string Model, int Steps, double LearningRate);

    static readonly Config Some = new("classic", 500, 2e-3);

    string folder = "";
    string run = "";

    [SetUp]
    public void MakeFolder()
    {
        folder = Directory.CreateTempSubdirectory("d2-run-").FullName;
        run = Path.Combine(folder, "run");
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void The_configuration_comes_back_and_hashes_alike()
    {
        string hash;
        using (RunFolder run = RunFolder.Create(this.run, Some))
        {
            hash = run.ConfigHash;
            Assert.That(File.ReadAllText(run.ConfigPath),
                Is.EqualTo("{\n  \"model\": \"classic\",\n  \"steps\": 500,\n  \"learningRate\": 0.002\n}\n"));
            Assert.That(Directory.Exists(run.SamplesPath));
        }

        using RunFolder again = RunFolder.Resume(this.run);
        Assert.That(again.ReadConfig<Config>(), Is.EqualTo(Some));
        Assert.That(again.ConfigHash, Is.EqualTo(hash).And.Length.EqualTo(16));
        Assert.That(again.ConfigDifferences(Some), Is.Empty);
        Assert.That(again.ConfigDifferences(Some with { Steps = 1000 }), Is.EqualTo(new[] { "steps: 500, now 1000" }));
        using RunFolder other = RunFolder.Create(this.run + "2", Some with { Steps = 501 });
        Assert.That(other.ConfigHash, Is.Not.EqualTo(hash));
    }

    [Test]
    public void A_setting_that_is_younger_than_the_run_has_its_default()
    {
        using RunFolder old = RunFolder.Create(run, Some);
        File.WriteAllText(old.ConfigPath, "{ \"model\": \"classic\", \"steps\": 500 }");
        Assert.That(old.ConfigDifferences(Some with { LearningRate = 0 }), Is.Empty);
        Assert.That(old.ConfigDifferences(Some), Is.EqualTo(new[] { "learningRate: 0, now 0.002" }));
    }

    [Test]
    public void An_existing_run_is_not_overwritten()
    {
        RunFolder.Create(run, Some).Dispose();
        Assert.That(() => RunFolder.Create(run, Some),
            Throws.TypeOf<UserInputException>().With.Message.Contains("--resume").And.Message.Contains(run));
    }

    [Test]
    public void A_folder_with_other_things_and_a_file_are_refused_but_an_empty_folder_is_taken()
    {
        Directory.CreateDirectory(run);
        RunFolder.Create(run, Some).Dispose();
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "mine");
        Assert.That(() => RunFolder.Create(folder, Some), Throws.TypeOf<UserInputException>().With.Message.Contains("other things in it"));
        Assert.That(() => RunFolder.Create(Path.Combine(folder, "thesis.txt"), Some), Throws.TypeOf<UserInputException>());
        Assert.That(File.ReadAllText(Path.Combine(folder, "thesis.txt")), Is.EqualTo("mine"));
    }

    [Test]
    public void What_is_not_a_run_is_named()
    {
        Assert.That(() => RunFolder.Resume(run), Throws.TypeOf<UserInputException>().With.Message.Contains("no such run"));
        Assert.That(() => RunFolder.Open(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("no config.json"));
    }

    [Test]
    public void A_damaged_configuration_is_named()
    {
        RunFolder.Create(this.run, Some).Dispose();
        File.WriteAllText(Path.Combine(this.run, "config.json"), "{\"model\": ");
        using RunFolder run = RunFolder.Open(this.run);
        Assert.That(() => run.ReadConfig<Config>(), Throws.TypeOf<UserInputException>().With.Message.Contains("config.json"));
    }

    [Test]
    public void Two_programs_cannot_train_in_one_folder_but_one_may_look()
    {
        using (RunFolder.Create(run, Some))
        {
            Assert.That(() => RunFolder.Resume(run),
                Throws.TypeOf<UserInputException>().With.Message.Contains($"process {Environment.ProcessId}"));
            using RunFolder reader = RunFolder.Open(run);
            Assert.That(reader.ReadConfig<Config>(), Is.EqualTo(Some));
        }

        Assert.That(() => RunFolder.Resume(run).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_lock_left_by_a_killed_program_is_taken_over()
    {
        RunFolder.Create(run, Some).Dispose();
        File.WriteAllText(Path.Combine(run, ".lock"), "");
        File.WriteAllText(Path.Combine(run, ".lock.pid"), "1\n");
        Assert.That(() => RunFolder.Resume(run).Dispose(), Throws.Nothing);

        // Killed between the lock and the configuration: the folder counts as empty.
        string early = Path.Combine(folder, "early");
        Directory.CreateDirectory(early);
        File.WriteAllText(Path.Combine(early, ".lock"), "");
        Assert.That(() => RunFolder.Create(early, Some).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_resumed_log_has_the_bytes_of_an_uninterrupted_one()
    {
        byte[] Bytes(RunLog log) => File.ReadAllBytes(log.FilePath);
        LogEntry Entry(string stage, long step) => new(stage, step, [new("loss", 1.0 / step), new("rate", 0.1 * step)]);

        using var whole = new RunLog(Path.Combine(folder, "whole.jsonl"));
        using var resumed = new RunLog(Path.Combine(folder, "resumed.jsonl"));
        for (long step = 1; step <= 9; step++)
        {
            whole.Append(Entry("image", step));
            resumed.Append(Entry("image", step));
        }

        for (long step = 1; step <= 30; step++)
            whole.Append(Entry("decoder", step));

        for (long step = 1; step <= 17; step++)
            resumed.Append(Entry("decoder", step));

        // Killed at step 17 in the middle of a line, resumed from the checkpoint of step 10.
        resumed.Dispose();
        File.AppendAllText(resumed.FilePath, "{\"stage\":\"deco");
        Assert.That(resumed.Read(), Has.Count.EqualTo(26));
        resumed.CutAfter("decoder", 10);
        Assert.That(resumed.Read(), Has.Count.EqualTo(19));
        for (long step = 11; step <= 30; step++)
            resumed.Append(Entry("decoder", step));

        Assert.That(Bytes(resumed), Is.EqualTo(Bytes(whole)));
    }

    [Test]
    public void A_torn_line_is_dropped_before_the_next_one_is_added()
    {
        using var log = new RunLog(Path.Combine(folder, "log.jsonl"));
        File.WriteAllText(log.FilePath, "{\"stage\":\"a\",\"step\":1,\"loss\":2}\n{\"stage\":\"a\",\"st");
        log.Append(new LogEntry("a", 2, [new("loss", double.NaN)]));
        Assert.That(File.ReadAllText(log.FilePath),
            Is.EqualTo("{\"stage\":\"a\",\"step\":1,\"loss\":2}\n{\"stage\":\"a\",\"step\":2,\"loss\":null}\n"));
        IReadOnlyList<LogEntry> entries = log.Read();
        Assert.That(entries[0].Find("loss"), Is.EqualTo(2));
        Assert.That(entries[1].Find("loss"), Is.NaN);
        Assert.That(entries[1].Find("rate"), Is.Null);
    }

    [TestCase("nonsense")]
    [TestCase("{\"stage\":\"a\"}")]
    [TestCase("{\"stage\":\"a\",\"step\":\"x\"}")]
    [TestCase("{\"stage\":\"a\",\"step\":1.5}")]
    [TestCase("[]")]
    public void A_whole_line_that_is_no_entry_is_named_with_its_number(string line)
    {
        using var log = new RunLog(Path.Combine(folder, "log.jsonl"));
        File.WriteAllText(log.FilePath, "{\"stage\":\"a\",\"step\":1}\n" + line + "\n", new UTF8Encoding(false));
        Assert.That(() => log.Read(), Throws.TypeOf<UserInputException>().With.Message.Contains("line 2").And.Message.Contains(
            log.FilePath));
    }

    [Test]
    public void Seconds_add_up_by_stage()
    {
        using RunFolder run = RunFolder.Create(this.run, Some);
        Assert.That(run.ReadSeconds(), Is.Empty);
        run.AddSeconds("image", 1.5);
        run.AddSeconds("decoder", 4);
        run.AddSeconds("image", 2);
        Assert.That(run.ReadSeconds(), Is.EqualTo(new Dictionary<string, double> { ["decoder"] = 4, ["image"] = 3.5 }));
    }
}
