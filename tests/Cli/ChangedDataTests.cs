using Dalle2.Data.Pictures;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Cli;

/// <summary>Data that changed, moved, or went missing since a run read them.</summary>
public class ChangedDataTests
{
    const int Pictures = 12;

    static readonly string[] Steps =
    [
        "--preset", "tiny", "--set", "batch=4", "maxWords=8", "textSteps=4", "imageSteps=0", "jointSteps=4", "decoderSteps=4",
        "fineTuneSteps=4",
        "checkpointEvery=4",
    ];

    TemporaryFolder folder = null!;
    string data = "", run = "";

    [SetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        data = folder["my data"];
        run = folder["run"];
        for (int i = 0; i < Pictures; i++)
            Write($"train/picture{i:D2}", i, $"picture number {i}");
        Write("test/new", 99, "picture number 3");
        CommandRun.Of(["train", "--data", data, "--out", run, .. Steps]).Succeeded();
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [Test]
    public void The_same_data_go_on_without_a_word()
    {
        CommandRun again = CommandRun.Of("train", "--resume", "--out", run).Succeeded();
        Assert.That(again.Error, Does.Not.Contain("are not those"));
        CommandRun.Of("eval", run, "--count", "1").Succeeded();
    }

    [Test]
    public void A_pair_that_is_gone_is_told()
    {
        File.Delete(Path.Combine(data, "train/picture03.png"));
        File.Delete(Path.Combine(data, "train/picture03.txt"));
        RefusedBoth("train", "1 sample was removed (train/picture03.png)");
    }

    [Test]
    public void A_replaced_picture_is_told()
    {
        Write("train/picture05", 200, "picture number 5");
        RefusedBoth("train", "1 sample has another picture (train/picture05.png)");
    }

    [Test]
    public void A_new_caption_is_told()
    {
        Write("train/picture05", 5, "zebra number 5");
        RefusedBoth("train", "1 sample has another caption (train/picture05.png)");
    }

    [Test]
    public void A_changed_picture_that_is_held_out_is_told_when_it_is_evaluated()
    {
        Write("test/new", 7, "picture number 3");
        CommandRun.Of("eval", run).IsUsageFault("'test'", "1 sample has another picture (test/new.png)", "--data-changed");
        CommandRun.Of("eval", run, "--data-changed").Succeeded();
    }

    [Test]
    public void Moved_data_are_found_and_end_with_the_same_bits()
    {
        string whole = folder["whole"], moved = folder["moved data"];
        string[] longer = [.. Steps, "fineTuneSteps=8"];
        CommandRun.Of(["train", "--data", data, "--out", whole, .. longer]).Succeeded();
        string half = folder["half"];
        CommandRun.Of(["train", "--data", data, "--out", half, "--stage", "text", .. longer]).Succeeded();
        Directory.Move(data, moved);
        CommandRun.Of("train", "--resume", "--out", half).IsUsageFault(data);
        CommandRun.Of("train", "--resume", "--out", half, "--data", moved).Succeeded();
        foreach (string file in Directory.GetFiles(Path.Combine(whole, "checkpoints"), "final-*", SearchOption.AllDirectories))
            Assert.That(File.ReadAllBytes(file.Replace(whole, half, StringComparison.Ordinal)), Is.EqualTo(File.ReadAllBytes(file)), file);
        CommandRun.Of("eval", half).IsUsageFault(data);
        CommandRun.Of("eval", half, "--data", moved).Succeeded();
    }

    [Test]
    public void A_vocabulary_in_another_order_is_told()
    {
        string path = Path.Combine(run, "vocabulary.txt");
        string[] words = File.ReadAllLines(path);
        (words[^1], words[^2]) = (words[^2], words[^1]);
        File.WriteAllLines(path, words);
        CommandRun.Of("train", "--resume", "--out", run).IsUsageFault(path, "another order");
        CommandRun.Of("eval", run, "--data-changed").IsUsageFault(path, "another order");
        CommandRun.Of("generate", run, "picture", "--out", folder["x.png"]).IsUsageFault(path, "another order");
    }

    [Test]
    public void A_run_that_knows_no_digest_takes_what_it_finds()
    {
        Directory.Delete(Path.Combine(run, "data"), recursive: true);
        CommandRun.Of("train", "--resume", "--out", run).Succeeded();
        Assert.That(File.Exists(Path.Combine(run, "data", "train.digest")));
    }

    /// <summary>Word vectors are in the parameters of no checkpoint when a run stops before a stage that trains them.</summary>
    [Test]
    public void Word_vectors_are_there_again_after_a_stop()
    {
        string vectors = folder.Write("vectors.txt",
            string.Concat(Enumerable.Range(0, Pictures).Select(i => $"{i} {string.Join(' ', Enumerable.Repeat($"0.{i + 1}", 16))}\n")));
        string whole = folder["whole"], parts = folder["parts"];
        string[] settings = ["--preset", "tiny", "--set", "batch=4", "textSteps=0", "imageSteps=4", "jointSteps=4", "decoderSteps=4",
            "fineTuneSteps=0", $"wordVectors={vectors}"];
        CommandRun.Of(["train", "--data", data, "--out", whole, .. settings]).Succeeded();
        CommandRun.Of(["train", "--data", data, "--out", parts, "--stage", "image", .. settings]).Succeeded();
        CommandRun resumed = CommandRun.Of("train", "--resume", "--out", parts).Succeeded();
        Assert.That(resumed.Error, Does.Contain($"word vectors: {Pictures} of"));
        foreach (string stage in (string[])["joint", "decoder"])
        {
            string file = Path.Combine("checkpoints", stage, "final-000004.safetensors");
            Assert.That(File.ReadAllBytes(Path.Combine(parts, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(whole, file))), stage);
        }

        // A stage by itself does not have them either.
        string decoder = folder["decoder"];
        CommandRun.Of(["train", "--data", data, "--out", decoder, "--stage", "decoder", .. settings]).Succeeded();
        string drawn = folder["drawn.png"], without = folder["without.png"];
        CommandRun told = CommandRun.Of("generate", decoder, "picture 3", "--out", drawn).Succeeded();
        Assert.That(told.Error, Does.Contain("word vectors"));
        File.AppendAllText(vectors, "zebra 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n");
        CommandRun.Of("train", "--resume", "--out", decoder).IsUsageFault("wordVectors", "--data-changed");
    }

    void RefusedBoth(string split, string what)
    {
        CommandRun.Of("train", "--resume", "--out", run).IsUsageFault($"'{split}'", what, "--data-changed");
        CommandRun.Of("eval", run, "--split", split).IsUsageFault(what, "--data-changed");
        // Drawings of other captions are held against the training pictures.
        CommandRun.Of("eval", run).IsUsageFault(what, "--data-changed");
        CommandRun accepted = CommandRun.Of("train", "--resume", "--out", run, "--data-changed").Succeeded();
        Assert.That(accepted.Error, Does.Contain(what));
        CommandRun.Of("train", "--resume", "--out", run).Succeeded();
    }

    void Write(string name, int shade, string caption)
    {
        var image = new Image(16, 16);
        for (int i = 0; i < image.Rgba.Length; i++)
            image.Rgba[i] = i % 4 == 3 ? byte.MaxValue : (byte)(shade * 7 + i % 4 * 31 + i / 64);
        folder.Write($"my data/{name}.png", PictureEncoder.Png(image));
        folder.Write($"my data/{name}.txt", caption);
    }
}
