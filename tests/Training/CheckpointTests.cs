using System.Text;
using Dalle2.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class CheckpointTests
{
    string folder = "";
    string path = "";

    [SetUp]
    public void MakeFolder()
    {
        folder = Directory.CreateTempSubdirectory("d2-checkpoint-").FullName;
        path = Path.Combine(folder, "a.safetensors");
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    internal static Checkpoint Make(long step = 500, string model = "classic", float value = 1.25f) => new(
        new CheckpointInfo(model, "small", "decoder", step, 42, "0123456789abcdef"),
        [new NamedTensor("decoder.weight", [2, 2], new[] { value, 2, 3, 4 }), new NamedTensor("adam.step", [], new[] { step })],
        new Dictionary<string, string> { ["note"] = "kept" });

    [Test]
    public void What_was_saved_comes_back()
    {
        Make().Save(path);
        Checkpoint loaded = Checkpoint.Load(path, "classic");
        Assert.That(loaded.Info, Is.EqualTo(Make().Info));
        Assert.That(loaded.Extra, Is.EquivalentTo(Make().Extra));
        Assert.That(loaded.FullHash, Is.EqualTo(Make().FullHash));
        Assert.That(loaded.Hash, Has.Length.EqualTo(12).And.EqualTo(loaded.FullHash[..12]));
        Assert.That(loaded.Find("adam.step")!.Values<long>()[0], Is.EqualTo(500));
        Assert.That(loaded.Values("decoder.weight", [2, 2]).ToArray(), Is.EqualTo(new[] { 1.25f, 2, 3, 4 }));
    }

    [Test]
    public void A_part_of_it_is_checked_against_the_whole()
    {
        Make().Save(path);
        Checkpoint part = Checkpoint.Read(path, name => name == "decoder.weight");
        Assert.That(part.Tensors.Select(tensor => tensor.Name), Is.EqualTo(new[] { "decoder.weight" }));
        Assert.That(part.Values("decoder.weight", [2, 2]).ToArray(), Is.EqualTo(new[] { 1.25f, 2, 3, 4 }));
        Assert.That(part.FullHash, Is.EqualTo(Make().FullHash));
        Assert.That(() => part.Save(path), Throws.InvalidOperationException);

        // A bit of what is not kept.
        byte[] damaged = File.ReadAllBytes(path);
        damaged[^1] ^= 1;
        File.WriteAllBytes(path, damaged);
        Assert.That(() => Checkpoint.Read(path, _ => false), Throws.TypeOf<UserInputException>().With.Message.Contains("SHA-256"));
    }

    [Test]
    public void Equal_states_give_equal_files_and_any_difference_another_hash()
    {
        Make().Save(path);
        byte[] first = File.ReadAllBytes(path);
        Make().Save(path);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(first));
        string[] hashes = [Make().FullHash, Make(step: 501).FullHash, Make(model: "other").FullHash,
            Make(value: MathF.BitIncrement(1.25f)).FullHash];
        Assert.That(hashes, Is.Unique);
    }

    [Test]
    public void A_tensor_that_is_missing_or_of_another_shape_is_named()
    {
        Make().Save(path);
        Checkpoint loaded = Checkpoint.Load(path, null);
        Assert.That(() => loaded.Values("prior.weight", [4]).Length,
            Throws.TypeOf<UserInputException>().With.Message.Contains("'prior.weight'").And.Message.Contains(path));
        Assert.That(() => loaded.Values("decoder.weight", [4]).Length,
            Throws.TypeOf<UserInputException>().With.Message.Contains("F32 [2, 2]").And.Message.Contains("F32 [4]"));
    }

    [Test]
    public void Another_model_is_refused_with_both_names()
    {
        Make().Save(path);
        Assert.That(() => Checkpoint.Load(path, "unclip"),
            Throws.TypeOf<UserInputException>().With.Message.Contains("'classic'").And.Message.Contains("'unclip'"));
    }

    [Test]
    public void A_newer_version_is_refused_with_both_versions()
    {
        Make().Save(path);
        Replace("\"format_version\":\"1\"", "\"format_version\":\"7\"");
        Assert.That(() => Checkpoint.Load(path, "classic"),
            Throws.TypeOf<UserInputException>().With.Message.Contains("version 7").And.Message.Contains(
            "up to version 1").And.Message.Contains("Update"));
    }

    [Test]
    public void A_foreign_safetensors_file_is_refused()
    {
        SafeTensorsFile.Write(path, [new NamedTensor("a", [1], new[] { 1f })], new Dictionary<string, string> { ["format"] = "pt" });
        Assert.That(() => Checkpoint.Load(path, null),
            Throws.TypeOf<UserInputException>().With.Message.Contains("not a checkpoint of this program"));
    }

    [Test]
    public void A_truncated_file_says_so_at_every_length()
    {
        Make().Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        for (int length = 1; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.That(() => Checkpoint.Load(path, "classic"), Throws.TypeOf<UserInputException>().With.Message.Contains("truncated"),
                $"{length} bytes");
        }
    }

    [Test]
    public void A_flipped_bit_anywhere_is_noticed_and_never_crashes()
    {
        Make().Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        for (int position = 0; position < bytes.Length; position++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. bytes];
                damaged[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(path, damaged);
                Assert.That(() => Checkpoint.Load(path, "classic"), Throws.TypeOf<UserInputException>(), $"byte {position}, bit {bit}");
            }
        }
    }

    [Test]
    public void A_key_of_its_own_cannot_be_given_as_extra()
    {
        Assert.That(() => new Checkpoint(Make().Info, [], new Dictionary<string, string> { ["sha256"] = "0" }), Throws.ArgumentException);
        Assert.That(() => Make(step: -1), Throws.InstanceOf<ArgumentException>());
    }

    void Replace(string old, string with)
    {
        // Latin-1 keeps every byte as one character.
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.That(text, Does.Contain(old));
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text.Replace(old, with, StringComparison.Ordinal)));
    }
}
