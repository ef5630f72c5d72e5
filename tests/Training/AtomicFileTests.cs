using Dalle2.Data;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class AtomicFileTests
{
    string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("d2-atomic-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Replaces_the_old_file_and_leaves_nothing_else()
    {
        string path = Path.Combine(folder, "a.bin");
        File.WriteAllText(path, "old and longer");
        AtomicFile.Write(path, stream => stream.Write("new"u8));
        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(Directory.GetFileSystemEntries(folder), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void A_writer_that_fails_halfway_leaves_the_old_file_and_no_temporary_one()
    {
        string path = Path.Combine(folder, "a.bin");
        File.WriteAllText(path, "old");
        Assert.That(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new InvalidOperationException("stop");
        }), Throws.InvalidOperationException);
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.GetFileSystemEntries(folder), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_full_disk_is_named_with_the_path()
    {
        string path = Path.Combine(folder, "a.bin");
        int code = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;
        Assert.That(() => AtomicFile.Write(path, _ => throw new IOException("No space left on device", code)),
            Throws.TypeOf<UserInputException>().With.Message.Contains(path).And.Message.Contains("disk is full"));
        Assert.That(Directory.GetFileSystemEntries(folder), Is.Empty);
    }

    [Test]
    public void A_real_full_disk_is_noticed()
    {
        Assume.That(File.Exists("/dev/full"), "only Linux has a device that is always full");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
        string path = Path.Combine(folder, "a.bin");
        Assert.That(() => AtomicFile.Write(path, _ =>
        {
            full.Write(new byte[1 << 16]);
            full.Flush();
        }), Throws.TypeOf<UserInputException>().With.Message.Contains("disk is full"));
    }

    [Test]
    public void Folders_are_made_and_what_is_in_the_way_is_named()
    {
        string nested = Path.Combine(folder, "new", "er", "a.bin");
        AtomicFile.WriteText(nested, "é");
        Assert.That(File.ReadAllBytes(nested), Is.EqualTo(new byte[] { 0xC3, 0xA9 }));
        Assert.That(() => AtomicFile.Write(folder, _ => { }),
            Throws.TypeOf<UserInputException>().With.Message.Contains("is a folder"));
        Assert.That(() => AtomicFile.Write(Path.Combine(nested, "b.bin"), _ => { }),
            Throws.TypeOf<UserInputException>().With.Message.Contains("b.bin"));
    }
}
