using Dalle2.Data;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

/// <summary>Pictures that are not square, sets that are small, and what is told about them.</summary>
[TestFixture]
public sealed class PictureFitTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Png(int width, int height, byte alpha = 255)
    {
        var image = new Image(width, height);
        for (int i = 0; i < image.Rgba.Length; i += 4)
            (image.Rgba[i], image.Rgba[i + 3]) = (255, alpha);
        return PictureEncoder.Png(image);
    }

    void Write(string name, int width, int height, string caption = "a red picture", byte alpha = 255)
    {
        folder.Write(name + ".png", Png(width, height, alpha));
        folder.Write(name + ".txt", caption);
    }

    // Split by folders, so that no name decides where a sample goes.
    FolderDataSet Set(DataSetOptions? options = null)
    {
        Write("test/t", 4, 4);
        return new FolderDataSet(folder.Path, options);
    }

    static string Rows(Image image) =>
        string.Join(' ', Enumerable.Range(0, image.Height)
        .Select(y => new Rgb(image.Pixel(0, y)[0], image.Pixel(0, y)[1], image.Pixel(0, y)[2])));

    [TestCase("white", "#ffffff")]
    [TestCase("Navy", "#000080")]
    [TestCase("#0aF0b1", "#0af0b1")]
    public void Colors_have_names_and_numbers(string text, string color) => Assert.That(Rgb.Parse(text).ToString(), Is.EqualTo(color));

    [TestCase("mauve")]
    [TestCase("#12345")]
    [TestCase("#12345g")]
    [TestCase("")]
    public void Other_colors_are_refused(string text) =>
        Assert.That(() => Rgb.Parse(text), Throws.TypeOf<UserInputException>().With.Message.Contains("#rrggbb")
            .And.Message.Contains("beige"));

    [Test]
    public void A_padded_picture_stands_whole_on_its_background()
    {
        Write("train/wide", 8, 4);
        var set = Set(new DataSetOptions { Fit = ImageFit.Pad, Background = Rgb.Parse("blue") });
        Assert.That(Rows(set.Load("train", 0, 4)), Is.EqualTo("#0000ff #ff0000 #ff0000 #0000ff"));
        Assert.That(Rows(Set().Load("train", 0, 4)), Is.EqualTo("#ff0000 #ff0000 #ff0000 #ff0000"));
    }

    [Test]
    public void Transparent_pixels_show_the_background()
    {
        Write("train/clear", 4, 4, alpha: 0);
        Assert.That(Rows(Set(new DataSetOptions { Background = new Rgb(1, 2, 3) }).Load("train", 0, 2)), Is.EqualTo("#010203 #010203"));
        Assert.That(Rows(Set().Load("train", 0, 2)), Is.EqualTo("#ffffff #ffffff"));
    }

    [TestCase(5, 4, false)]
    [TestCase(4, 5, false)]
    [TestCase(100, 79, true)]
    [TestCase(3, 4, true)]
    [TestCase(7, 7, false)]
    public void More_than_a_fifth_is_lost_below_four_to_five(int width, int height, bool loses) =>
        Assert.That(PictureAspects.Loses(width, height), Is.EqualTo(loses));

    [TestCase(1, 4, ImageFit.Crop)]
    [TestCase(2, 4, ImageFit.Pad)]
    [TestCase(0, 3, ImageFit.Crop)]
    public void Sets_of_long_pictures_are_padded(int wide, int total, ImageFit suggested)
    {
        for (int i = 0; i < total; i++)
            Write($"train/p{i}", i < wide ? 9 : 4, 4);
        Assert.That(PictureAspects.Of(Set()), Is.EqualTo(new PictureAspects(total, wide)));
        Assert.That(PictureAspects.Of(Set()).Suggested, Is.EqualTo(suggested));
    }

    [Test]
    public void Square_and_broken_pictures_are_not_looked_at()
    {
        folder.Write("train/broken.png", [1, 2, 3]);
        folder.Write("train/broken.txt", "broken");
        Write("train/good", 4, 4);
        Assert.That(PictureAspects.Of(Set()), Is.EqualTo(new PictureAspects(1, 0)));
        Assert.That(PictureAspects.Of(new Dalle2.Data.Shapes.ShapesDataSet(1)), Is.EqualTo(new PictureAspects(0, 0)));
    }

    [Test]
    public void What_a_set_means_for_training_is_told()
    {
        Write("train/a", 9, 4, "一个红色的圆");
        Write("train/b", 4, 4);
        var set = Set();
        Assert.That(DataNotices.Of(set, PreparedData.Load(set, "train", 4), 4, ImageFit.Crop), Is.EqualTo(new[]
        {
            "1 of 2 pictures lose more than a fifth, because the centered square is cut out of them; fit=pad keeps all of them, on a "
            + "background",
            "2 pictures to train on are fewer than a batch of 4: each step shows some of them several times; take a smaller batch, or add "
            + "pictures",
            "1 caption is in a script without spaces between words: each character is a word of its own there, and the longest caption has "
            + "6",
        }));
        Assert.That(Inspection.Of(set)
            .Notices, Is.EqualTo(
            new[] { "1 of 2 pictures would lose more than a fifth if the centered square were cut out of them; fit=pad is the default "
            + "here" }));
        Assert.That(DataNotices.Of(set, PreparedData.Load(set, "train", 4), 2, ImageFit.Pad)[0], Does.Contain("stand on a background"));
    }

    [Test]
    public void An_empty_held_out_split_is_told()
    {
        string name = Enumerable.Range(0, 100).Select(i => $"p{i}").First(n => !PictureSplits.IsHeldOut(n));
        Write(name, 4, 4);
        var set = new FolderDataSet(folder.Path);
        Assert.That(DataNotices.Of(set, PreparedData.Load(set, "train", 4), 1, ImageFit.Crop)
            .Single(), Does.StartWith("no picture is held out"));
        Assert.That(DataNotices.Of(new Dalle2.Data.Shapes.ShapesDataSet(1, new DataSetOptions { Count = 3 }),
            PreparedData.Load(new Dalle2.Data.Shapes.ShapesDataSet(1, new DataSetOptions { Count = 3 }), "train", 16), 3, ImageFit.Crop),
                Is.Empty);
    }

    [Test]
    public void Too_few_pictures_are_counted_with_what_is_held_out_and_broken()
    {
        Write("train/a", 4, 4);
        folder.Write("train/b.png", [1, 2]);
        folder.Write("train/b.txt", "broken");
        var set = Set();
        Assert.That(DataNotices.Counts(set, PreparedData.Load(set, "train", 4, maxBroken: 1)),
            Is.EqualTo("1 usable captioned picture to train on (1 more is held out, in the folder test; 1 is broken)"));
    }

    [Test]
    public void Threads_share_the_memory_of_large_pictures()
    {
        const long limit = 16 * 100;
        long most = 0;
        object gate = new();
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using var memory = new DecodingMemory(limit);
            memory.Take(40 + i % 7);
            Thread.Yield();
            lock (gate)
            {
                most = Math.Max(most, DecodingMemory.AllHeld);
            }
        });
        Assert.That(most, Is.InRange(16 * 40, limit));
        Assert.That(DecodingMemory.AllHeld, Is.Zero);
    }

    [Test]
    public void A_picture_above_the_limit_is_decoded_alone()
    {
        using var memory = new DecodingMemory(16);
        memory.Take(1000);
        Assert.That(DecodingMemory.AllHeld, Is.EqualTo(16_000));
    }
}
