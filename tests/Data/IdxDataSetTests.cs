using System.IO.Compression;
using Dalle2.Data;
using Dalle2.Data.Idx;
using Dalle2.Data.Sets;
using static Dalle2.Tests.Data.DataSetContents;

namespace Dalle2.Tests.Data;

/// <summary>The bytes are those that the page of MNIST documents.</summary>
[TestFixture]
public sealed class IdxDataSetTests
{
    // Two pictures of 2 x 3 pixels: magic number 0x00000803, then 2, 2 (down) and 3 (across).
    static readonly byte[] gray =
    [
        0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3,
        0, 1, 2, 3, 4, 5,
        250, 251, 252, 253, 254, 255,
    ];

    // One picture of 1 x 2 pixels of red, green and blue.
    static readonly byte[] color = [0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60];

    static readonly byte[] two = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0], one = [0, 0, 8, 1, 0, 0, 0, 1, 2];

    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    static byte[] Gzip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(content);
        return target.ToArray();
    }

    void WriteBoth()
    {
        folder.Write("train-images-idx3-ubyte", gray);
        folder.Write("train-labels.idx1-ubyte", two);
        folder.Write("t10k-images-idx4-ubyte.gz", Gzip(color));
        folder.Write("t10k-labels-idx1-ubyte.gz", Gzip(one));
    }

    [Test]
    public void Pictures_labels_and_captions_go_together()
    {
        WriteBoth();
        folder.Write("labels.txt", "a nought\r\na one\r\na two\r\n");
        IDataSet set = DataSets.Open(folder.Path);
        Assert.That(set, Is.TypeOf<IdxDataSet>());
        Assert.That(set.Splits, Is.EqualTo(new[] { "train", "test" }));
        Assert.That((set.Count("train"), set.Count("test")), Is.EqualTo((2, 1)));
        Assert.That((set.Caption("train", 0), set.Caption("train", 1), set.Caption("test", 0)), Is.EqualTo(("a one", "a nought", "a two")));
        Assert.That((set.Key("train", 1), set.Key("test", 0)), Is.EqualTo(("train/00000001", "test/00000000")));
        Assert.That(set.Size("train", 0), Is.EqualTo((3, 2)));
        Assert.That(set.Notices, Is.Empty);
        Assert.That(set.Load("test", 0, 1).Rgba[3], Is.EqualTo(255));
    }

    [Test]
    public void Each_pixel_is_where_the_file_has_it()
    {
        WriteBoth();
        var pictures = new IdxPictures(folder["train-images-idx3-ubyte"], folder["train-labels.idx1-ubyte"]);
        Assert.That(pictures.Labels, Is.EqualTo(new byte[] { 1, 0 }));
        Assert.That(pictures.Picture(0).Rgba.Chunk(4).Select(pixel => pixel[0]), Is.EqualTo(new byte[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(pictures.Picture(1).Pixel(2, 1).ToArray(), Is.EqualTo(new byte[] { 255, 255, 255, 255 }));
        Assert.That(pictures.Picture(1).Pixel(0, 1).ToArray(), Is.EqualTo(new byte[] { 253, 253, 253, 255 }));
        pictures = new IdxPictures(folder["t10k-images-idx4-ubyte.gz"], folder["t10k-labels-idx1-ubyte.gz"]);
        Assert.That(pictures.Picture(0).Rgba, Is.EqualTo(new byte[] { 10, 20, 30, 255, 40, 50, 60, 255 }));
    }

    [Test]
    public void Without_names_the_labels_are_captions_and_that_is_told()
    {
        WriteBoth();
        IDataSet set = DataSets.Open(folder.Path);
        Assert.That((set.Caption("train", 0), set.Caption("test", 0)), Is.EqualTo(("1", "2")));
        Assert.That(set.Notices.Single(), Does.Contain("labels.txt"));
    }

    [Test]
    public void A_label_without_a_name_is_a_broken_sample()
    {
        WriteBoth();
        folder.Write("labels.txt", "\na one\n");
        var (good, bad) = All(DataSets.Open(folder.Path));
        Assert.That(good.Select(sample => sample.Caption), Is.EqualTo(new[] { "a one" }));
        Assert.That(bad["train/00000001"], Is.EqualTo("label 0: a caption of it is empty"));
        Assert.That(bad["test/00000000"], Is.EqualTo("its label is 2, and labels.txt has 2 lines, from 0 on"));
    }

    [Test]
    public void Without_a_test_split_it_is_the_set_of_a_folder_of_such_names()
    {
        const int count = 40;
        byte[] pixels = [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((byte)(6 * i), 16))];
        folder.Write("idx/train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 4, 0, 0, 0, 4, .. pixels]);
        folder.Write("idx/train-labels-idx1-ubyte",
            [0, 0, 8, 1, 0, 0, 0, count, .. Enumerable.Range(0, count).Select(i => (byte)(i % 7))]);
        for (int i = 0; i < count; i++)
        {
            folder.Write($"plain/{i:D8}.png", Png((byte)(6 * i)));
            folder.Write($"plain/{i:D8}.txt", $"{i % 7}");
        }

        string[] expected = Seen(DataSets.Open(folder["plain"]));
        Assert.That(expected, Has.Some.StartsWith("held-out"));
        IEnumerable<string> withoutEnding = expected.Select(line => line.Replace(".png", "", StringComparison.Ordinal));
        Assert.That(Seen(DataSets.Open(folder["idx"])), Is.EqualTo(withoutEnding));
        Assert.That(DataSets.Open(folder["idx"], new DataSetOptions { Count = 3 }).Count("train"), Is.EqualTo(3));
    }

    [Test]
    public void Files_that_contradict_themselves_are_refused()
    {
        void Refused(string images, byte[] pictures, byte[] labels, string says)
        {
            using var place = new TemporaryFolder();
            place.Write(images, pictures);
            place.Write("train-labels-idx1-ubyte", labels);
            Assert.That(() => DataSets.Open(place.Path), Throws.TypeOf<UserInputException>().With.Message.Contains(says));
        }

        Refused("train-images-idx3-ubyte", gray, one, "axis 0 has 1 entries; it must have 2");
        Refused("train-images-idx3-ubyte", gray, gray, "begins with 00000803 instead of 00000801");
        Refused("train-images-idx3-ubyte", one, one, "begins with 00000801 instead of 00000803 or 00000804");
        Refused("train-images-idx3-ubyte", gray[..^1], two, "truncated");
        Refused("train-images-idx3-ubyte", [.. gray, 0], two, "more than its 12 bytes");
        Refused("train-images-idx3-ubyte", gray[..9], two, "ends within its header");
        Refused("train-images-idx3-ubyte", [0, 0, 13, 3, .. gray[4..]], two, "begins with 00000d03");
        Refused("train-images-idx3-ubyte", [0, 0, 8, 3, 127, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255, 0], two, "cannot hold");
        Refused("train-images-idx3-ubyte", [0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1, 0], two, "too many");
        Refused("train-images-idx4-ubyte", [.. color[..19], 2, 10, 20, 40, 50], one, "[N, height, width, 3]");
        Refused("train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 8, 1, 0, 0, 0, 0], "has no pictures");
        Refused("train-images-idx3-ubyte.gz", gray, two, "cannot be read");
        folder.Write("train-images-idx3-ubyte", gray);
        Assert.That(() => DataSets.Open(folder.Path), Throws.TypeOf<UserInputException>().With.Message.Contains("train-labels-idx1-ubyte"));
    }
}
