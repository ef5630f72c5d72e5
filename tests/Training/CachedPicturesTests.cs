using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>Pictures that are read again instead of kept change nothing but memory and time.</summary>
public sealed class CachedPicturesTests
{
    const int Side = 16, Pictures = 60, Few = 11 * 3 * Side * Side;

    TemporaryFolder folder = null!;

    static TrainingConfig Tiny => ModelFamily.Default.Preset("tiny") with { Batch = 8, CheckpointEvery = 6, LogEvery = 2 };

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase(0)]
    [TestCase(Few)]
    public void A_classic_training_of_files_has_the_same_bits_with_any_limit(int cacheBytes)
    {
        TrainingConfig config = Tiny with { Data = WritePictures(), AugmentShift = 2, AugmentBrightness = 0.1f };
        File.WriteAllText(folder["pictures/train/07.png"], "no picture");
        byte[][] whole = Train("whole", config, null, out List<string> said);
        Assert.That(said, Has.None.Contains("kept in memory"));
        Assert.That(Train("limited", config, cacheBytes, out said), Is.EqualTo(whole));
        Assert.That(said, Has.Some.EqualTo(cacheBytes == 0
            ? "0 of 59 pictures are kept in memory (0.0 MB), 59 are read again each time they come up"
            : "10 of 59 pictures are kept in memory (0.0 MB), 49 are read again each time they come up"));
    }

    [Test]
    public void An_unclip_training_has_the_same_bits_with_a_limit()
    {
        TrainingConfig config = (UnclipConfig)ModelFamily.Get("unclip").Preset("tiny") with { Samples = 48 };
        Assert.That(Train("limited", config, Few, out _), Is.EqualTo(Train("whole", config, null, out _)));
    }

    [Test]
    public void A_picture_that_changes_while_training_stops_it_and_put_back_the_run_ends_with_the_same_bits()
    {
        TrainingConfig config = Tiny with { Data = WritePictures() };
        byte[][] whole = Train("whole", config, null, out _);
        string picture = folder["pictures/train/40.png"];
        byte[] before = File.ReadAllBytes(picture);
        var request = new TrainingRequest { Config = config, OutputFolder = folder["run"], Threads = 2, CacheBytes = Few };
        Assert.That(
            () => TrainingSession.Run(request, new Listener(step =>
            {
                if (step == 25)
                    File.WriteAllBytes(picture, DataSetContents.Png(77));
            })),
            Throws.TypeOf<UserInputException>().With.Message.Contains(picture));
        File.WriteAllBytes(picture, before);
        TrainingSession.Run(request with { Config = null, Resume = true }, new Listener(_ => { }));
        Assert.That(Read(request.OutputFolder), Is.EqualTo(whole));
    }

    [Test]
    public void An_evaluation_gives_the_same_figures_with_a_limit()
    {
        Train("run", (UnclipConfig)ModelFamily.Get("unclip").Preset("tiny") with { Samples = 48 }, Few, out _);
        string Figures(params string[] options)
        {
            var json = CommandRun.Of(["eval", folder["run"], "--count", "8", "--probe", "2", "--json", .. options]).Succeeded().Json;
            json["seconds"] = null;
            return json.ToJsonString();
        }

        Assert.That(Figures("--cache-bytes", $"{Few}"), Is.EqualTo(Figures()));
        Assert.That(Figures("--split", "train", "--cache-bytes", "0"), Is.EqualTo(Figures("--split", "train")));
    }

    [TestCase("0", 0)]
    [TestCase("12345", 12345)]
    [TestCase("1B", 1)]
    [TestCase("64MB", 64_000_000)]
    [TestCase("64 mb", 64_000_000)]
    [TestCase("1.5GiB", 3L << 29)]
    [TestCase("2KB", 2000)]
    [TestCase("2KiB", 2048)]
    [TestCase("3TB", 3_000_000_000_000)]
    [TestCase("3TiB", 3L << 40)]
    public void Bytes_are_read_with_their_units(string text, long bytes)
    {
        Assert.That(Dalle2.Cli.ByteCount.TryParse(text, out long read), text);
        Assert.That(read, Is.EqualTo(bytes));
    }

    [Test]
    public void What_is_no_number_of_bytes_is_refused(
        [Values("", "MB", "-1MB", "64M", "64 MBit", "64MiBB", "1,5GB", "1e3", "0.5", "9999999TB", "64iB", " 64MB", "64MB ")] string text) =>
        CommandRun.Of("train", "--cache-bytes", text, "--out", folder["run"]).IsUsageFault("--cache-bytes", "500MB");

    string WritePictures()
    {
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Count = Pictures });
        for (int i = 0; i < Pictures; i++)
        {
            folder.Write($"pictures/train/{i:00}.png", PictureEncoder.Png(set.Load("train", i, Side)));
            folder.Write($"pictures/train/{i:00}.txt", set.Caption("train", i));
        }

        folder.Write("pictures/test/0.png", PictureEncoder.Png(set.Load("held-out", 0, Side)));
        folder.Write("pictures/test/0.txt", set.Caption("held-out", 0));
        return folder["pictures"];
    }

    byte[][] Train(string name, TrainingConfig config, long? cacheBytes, out List<string> said)
    {
        var listener = new Listener(_ => { });
        TrainingSession.Run(
            new TrainingRequest { Config = config, OutputFolder = folder[name], Threads = 2, CacheBytes = cacheBytes }, listener);
        said = listener.Notices;
        return Read(folder[name]);
    }

    // All checkpoints, digests and sheets, the log, the configuration and the figures of health.
    static byte[][] Read(string run)
    {
        string[] files =
        [
            .. Directory.GetFiles(run, "*.safetensors", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file).StartsWith("final-", StringComparison.Ordinal)),
            .. Directory.GetFiles(run, "*.digest", SearchOption.AllDirectories), .. Directory.GetFiles(Path.Combine(run, "samples")),
            .. Directory.GetFiles(run, "*.json*").Where(file => Path.GetFileName(file) != "times.json"),
        ];
        Assert.That(files, Has.Length.GreaterThan(8));
        return [.. files.Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }

    sealed class Listener(Action<int> hear) : ITrainingObserver
    {
        int steps;

        public List<string> Notices { get; } = [];

        public void Notice(string sentence) => Notices.Add(sentence);

        public void Preparing(int done, int total)
        {
        }

        public void Progress(TrainingProgress progress) => hear(++steps);

        public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
        {
        }
    }
}
