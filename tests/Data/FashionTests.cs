using System.Buffers.Binary;
using System.IO.Compression;
using Dalle2.Data;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class FashionTests
{
    static readonly int[] Counts = [3, 2];

    TemporaryFolder folder = null!;

    [SetUp]
    public void WriteFiles()
    {
        folder = new TemporaryFolder();
        foreach (var (prefix, n) in new[] { ("train", 3), ("t10k", 2) })
        {
            Write($"{prefix}-images-idx3-ubyte.gz", 0x803, [n, 28, 28],
                [.. Enumerable.Range(0, n * 784).Select(i => (byte)(i / 784 * 50 + i % 28))]);
            Write($"{prefix}-labels-idx1-ubyte.gz", 0x801, [n], [.. Enumerable.Range(0, n).Select(i => (byte)(9 - 4 * i))]);
        }
    }

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    void Write(string name, int magic, int[] axes, byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
        {
            foreach (int number in axes.Prepend(magic))
            {
                var four = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(four, number);
                gzip.Write(four);
            }
            gzip.Write(content);
        }
        folder.Write(name, target.ToArray());
    }

    FashionDataSet Open() => new(new DataSetOptions { From = folder.Path }, Counts);

    [Test]
    public void Pictures_labels_and_captions_go_together()
    {
        var set = Open();
        Assert.That((set.Count("train"), set.Count("test")), Is.EqualTo((3, 2)));
        Assert.That(Enumerable.Range(0, 3).Select(i => set.Caption("train", i)),
            Is.EqualTo(new[] { "a photo of an ankle boot", "a photo of a sandal", "a photo of a trouser" }));
        var image = set.Load("train", 2, 28);
        Assert.That(image.Pixel(5, 9).ToArray(), Is.EqualTo(new byte[] { 105, 105, 105, 255 }));
        Assert.That(set.Load("test", 1, 14).Pixel(0, 0)[0], Is.EqualTo(51));
        Assert.That(() => set.Load("test", 2, 14), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Lying_files_are_refused()
    {
        void Refused(string file, int magic, int[] axes, byte[] content, string says)
        {
            var sound = File.ReadAllBytes(folder[file]);
            Write(file, magic, axes, content);
            Assert.That(Open, Throws.TypeOf<UserInputException>().With.Message.Contains(says).And.Message.Contains(file));
            File.WriteAllBytes(folder[file], sound);
        }
        Refused("t10k-labels-idx1-ubyte.gz", 0x803, [2], [1, 2], "00000803 instead of 00000801");
        Refused("t10k-labels-idx1-ubyte.gz", 0x801, [3], [1, 2, 3], "axis 0 has 3 entries; it must have 2");
        Refused("t10k-labels-idx1-ubyte.gz", 0x801, [2], [1, 10], "label 1 is 10");
        Refused("t10k-labels-idx1-ubyte.gz", 0x801, [2], [1], "truncated: 1 bytes of 2");
        Refused("t10k-labels-idx1-ubyte.gz", 0x801, [2], [1, 2, 3], "more than");
        Refused("t10k-images-idx3-ubyte.gz", 0x803, [2, 28, 27], new byte[2 * 28 * 27], "2 pictures of 27 x 28");
        Refused("t10k-images-idx3-ubyte.gz", 0x803, [], [], "header");
    }

    [Test]
    public void Damaged_and_missing_files_are_refused()
    {
        folder.Write("t10k-labels-idx1-ubyte.gz", "not gzip");
        Assert.That(Open, Throws.TypeOf<UserInputException>().With.Message.Contains("t10k-labels"));
        File.Delete(folder["t10k-labels-idx1-ubyte.gz"]);
        Assert.That(Open, Throws.TypeOf<UserInputException>().With.Message.Contains(
            "apt-get install dataset-fashion-mnist").And.Message.Contains("--from"));
    }

    [Test]
    public void The_real_counts_are_demanded_by_default() =>
        Assert.That(() => new FashionDataSet(new DataSetOptions { From = folder.Path }),
        Throws.TypeOf<UserInputException>().With.Message.Contains("60000"));
}
