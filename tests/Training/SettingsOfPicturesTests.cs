using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;
using Dalle2.Data.Text;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Tests.Training;

/// <summary>What is done with pictures while training, and what is said of them beneath drawings.</summary>
public class SettingsOfPicturesTests
{
    [Test]
    public void A_batch_has_the_varied_pictures()
    {
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Count = 8 });
        PreparedData data = PreparedData.Load(set, set.Splits[0], 16);
        int[][] captions = [.. Enumerable.Repeat((int[])[4], data.Count)];
        var augmentation = new PictureAugmentation { Shift = 3, Brightness = 0.2f, Mirror = true };
        Batch plain = new BatchSampler(data, captions, 7, "stage", 4).Take(5);
        Batch varied = new BatchSampler(data, captions, 7, "stage", 4, augmentation).Take(5);
        Assert.That(varied.Indices.ToArray(), Is.EqualTo(plain.Indices.ToArray()));
        Assert.That(varied.Images.SequenceEqual(plain.Images), Is.False);
        var expected = new byte[3 * 16 * 16];
        for (int b = 0; b < 4; b++)
        {
            augmentation.Draw(7, 5, varied.Indices[b]).Apply(data.Picture(varied.Indices[b]), 16, expected);
            float[] values = [.. expected.Select(value => value / 255f)];
            Assert.That(varied.Images.Slice(b * expected.Length, expected.Length).ToArray(), Is.EqualTo(values));
        }
    }

    [Test]
    public void A_side_that_shapes_cannot_have_is_told()
    {
        using var folder = new TemporaryFolder();
        CommandRun.Of(["train", "--data", "shapes", "--out", folder["run"], .. CommandRun.FewSteps, "imageSide=8"])
            .IsUsageFault("8 x 8", "at least 16", "imageSide");
    }

    [Test]
    public void Words_that_were_never_read_stand_beneath_a_drawing()
    {
        var tokenizer = new WordTokenizer(Vocabulary.Build(["a red disc"]));
        Assert.That(MarkedCaption.Of("a red disc", tokenizer), Is.EqualTo("a red disc"));
        Assert.That(MarkedCaption.Of("a red banana, a hat", tokenizer),
            Does.StartWith("a red banana, a hat [never read: banana").And.EndsWith("hat]"));
    }

    [Test]
    public void They_are_settings_that_are_checked()
    {
        CommandRun.Of("train", "--preset", "tiny", "--set", "augmentShift=9", "--out", "x")
            .IsUsageFault("cannot move by 9 pixels", "--set");
        CommandRun.Of("train", "--preset", "tiny", "--set", "augmentBrightness=2", "--out", "x").IsUsageFault("brightness", "--set");
        CommandRun.Of("train", "--preset", "tiny", "--set", "background=mauveish", "--out", "x").IsUsageFault("mauveish", "#rrggbb");
        CommandRun.Of("train", "--preset", "tiny", "--set", "fit=stretch", "--out", "x").IsUsageFault("fit=stretch", "crop, pad");
        using var folder = new TemporaryFolder();
        CommandRun.Of(["train", "--out", folder["run"], .. CommandRun.FewSteps, "augmentShift=2", "augmentBrightness=0.1",
            "augmentMirror=true"]).Succeeded();
        Assert.That(File.ReadAllText(folder["run/config.json"]),
            Does.Contain("\"augmentShift\": 2").And.Contain("\"augmentMirror\": true"));
        CommandRun.Of("train", "--resume", "--out", folder["run"]).Succeeded();
    }
}
