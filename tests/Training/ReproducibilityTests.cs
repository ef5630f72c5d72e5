using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Loop;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

/// <summary>The same configuration ends with the same bits: on each device, with any number of threads, and across stops.</summary>
public class ReproducibilityTests
{
    static readonly string[] Stages = ["text", "image", "joint", "decoder", "finetune"];

    string folder = "";
    int runs;

    static TrainingConfig Config => ModelFamily.Default.Preset("tiny") with { Samples = 64, Batch = 8, CheckpointEvery = 6, LogEvery = 2 };

    [SetUp]
    public void MakeFolder()
    {
        folder = Directory.CreateTempSubdirectory("dalle2-").FullName;
        runs = 0;
    }

    [TearDown]
    public void RemoveFolder()
    {
        Settings.Read();
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void Every_device_and_any_number_of_threads_give_the_same_checkpoints()
    {
        byte[][] reference = Train("reference", 0);
        Assert.Multiple(() =>
        {
            Assert.That(Train("cpu", 1), Is.EqualTo(reference), "cpu with one thread");
            Assert.That(Train("cpu", 2), Is.EqualTo(reference), "cpu with two threads");
            Assert.That(Train("cpu", 3), Is.EqualTo(reference), "cpu with three threads");
            Assert.That(Train("cpu:256", 2), Is.EqualTo(reference), "cpu with vectors of 256 bits");
        });
    }

    [Test]
    public void OpenCl_gives_the_same_checkpoints()
    {
        if (!Device.All().Any(device => device is { Kind: "opencl", Available: true }))
            Assert.Ignore("no OpenCL driver: install pocl-opencl-icd");
        Assert.That(Train("opencl", 0), Is.EqualTo(Train("cpu", 2)));
    }

    [Test]
    public void Another_seed_gives_other_checkpoints()
    {
        byte[][] first = Train("cpu", 2), other = Train("cpu", 2, Config with { Seed = 2 });
        for (int stage = 0; stage < Stages.Length; stage++)
            Assert.That(other[stage], Is.Not.EqualTo(first[stage]), Stages[stage]);
    }

    // 3 falls before the first checkpoint of a stage, 6 on one, 27 into the second stage, 99 on the last step but one.
    [TestCase(3)]
    [TestCase(6)]
    [TestCase(27)]
    [TestCase(99)]
    public void A_run_that_is_stopped_and_resumed_ends_with_the_bits_of_one_launched_kernel_by_kernel(int steps)
    {
        Settings.Use(Settings.Of(name => name == "D2_REPLAY" ? "0" : null));
        var told = new Stopper(null, 0);
        byte[][] whole = Train("cpu", 2, observer: told);
        Settings.Read();
        Assert.That(told.Notices, Has.Some.EqualTo("steps are launched kernel by kernel: D2_REPLAY=0 asks for it"));
        string path = Path.Combine(folder, "stopped");
        using var stop = new CancellationTokenSource();
        var request = new TrainingRequest { Config = Config, OutputFolder = path, Threads = 2 };
        Assert.Throws<OperationCanceledException>(() => TrainingSession.Run(request, new Stopper(stop, steps), stop.Token));
        TrainingSession.Run(request with { Config = null, Resume = true, Threads = 1 }, new Stopper(null, 0));
        Assert.That(Read(path), Is.EqualTo(whole));
    }

    [Test]
    public void A_run_that_is_torn_from_its_last_checkpoint_resumes_from_the_one_before()
    {
        byte[][] whole = Train("cpu", 2);
        string path = Path.Combine(folder, "run0");
        foreach (string stage in Stages.Skip(1))
            Directory.Delete(Path.Combine(path, "checkpoints", stage), recursive: true);
        string last = Directory.GetFiles(Path.Combine(path, "checkpoints", "text"), "final-*").Single();
        File.WriteAllBytes(last, File.ReadAllBytes(last)[..1000]);
        var observer = new Stopper(null, 0);
        TrainingSession.Run(new TrainingRequest { OutputFolder = path, Resume = true, Threads = 2 }, observer);
        Assert.That(observer.Notices, Has.Some.Contains("skipped a damaged checkpoint"));
        Assert.That(Read(path), Is.EqualTo(whole));
    }

    byte[][] Train(string device, int threads, TrainingConfig? config = null, ITrainingObserver? observer = null)
    {
        string path = Path.Combine(folder, $"run{runs++}");
        TrainingSession.Run(new TrainingRequest { Config = config ?? Config, OutputFolder = path, Device = device, Threads = threads },
            observer ?? new Stopper(null, 0));
        return Read(path);
    }

    // The final checkpoint of each stage, and the log.
    static byte[][] Read(string path) =>
    [
        .. Stages.Select(stage => File.ReadAllBytes(Directory.GetFiles(Path.Combine(path, "checkpoints", stage), "final-*").Single())),
        File.ReadAllBytes(Path.Combine(path, "log.jsonl")),
    ];

    sealed class Stopper(CancellationTokenSource? stop, int after) : ITrainingObserver
    {
        int steps;

        public List<string> Notices { get; } = [];

        public void Notice(string sentence) => Notices.Add(sentence);

        public void Preparing(int done, int total)
        {
        }

        public void Progress(TrainingProgress progress)
        {
            if (++steps == after)
                stop?.Cancel();
        }

        public void StageDone(string stage, TimeSpan time, IReadOnlyList<KeyValuePair<string, double>> figures)
        {
        }
    }
}
