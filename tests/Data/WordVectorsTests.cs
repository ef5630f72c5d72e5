using System.Buffers.Binary;
using System.Text;
using Dalle2.Data;
using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class WordVectorsTests
{
    TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase("the 0.5 -1e-2 3\n. . 1 2 3\nstar 7 8 9\n", Description = "GloVe; a word with a space")]
    [TestCase("3 3\r\nthe 0.5 -0.01 3\r\n. . 1 2 3\r\nstar 7 8 9 \r\n", Description = "word2vec text")]
    public void Text_files_give_the_words_asked_for(string content)
    {
        var vectors = WordVectors.Load(folder.Write("v.txt", content), ["star", "moon", ". .", "the", "moon"]);
        Assert.That(vectors.Dimension, Is.EqualTo(3));
        Assert.That(vectors.Missing, Is.EqualTo(new[] { "moon" }));
        Assert.That(vectors.Vectors["the"], Is.EqualTo(new[] { 0.5f, -0.01f, 3f }));
        Assert.That(vectors.Vectors[". ."], Is.EqualTo(new[] { 1f, 2f, 3f }));
        Assert.That(vectors.Vectors["star"], Is.EqualTo(new[] { 7f, 8f, 9f }));
    }

    [Test]
    public void Only_the_vocabulary_s_own_words_are_looked_for()
    {
        var vectors = WordVectors.Load(folder.Write("v.txt", "<unk> 1 2\nred 3 4\n"), Vocabulary.Build(["red ring"]));
        Assert.That(vectors.Vectors.Keys, Is.EqualTo(new[] { "red" }));
        Assert.That(vectors.Missing, Is.EqualTo(new[] { "ring" }));
    }

    [TestCase("the 1 2 3\nstar 1 2\n", "line 2: 2 numbers instead of 3")]
    [TestCase("the 1 2 3\nstar 1 x 3\n", "line 2: 'x' is no finite number")]
    [TestCase("2 3\nthe 1 2 3\nstar 1 NaN 3\n", "line 3: 'NaN'")]
    [TestCase("3 3\nthe 1 2 3\nstar 1 2 3\n", "say in line 1 that there are 3, and there are 2")]
    [TestCase("", "empty")]
    [TestCase("the\n", "line 1: a word without numbers")]
    public void Faults_of_text_files_name_the_line(string content, string says)
    {
        string path = folder.Write("v.txt", content);
        Assert.That(() => WordVectors.Load(path, ["star", "the"]),
            Throws.TypeOf<UserInputException>().With.Message.Contains(says).And.Message.Contains(path));
    }

    static byte[] Binary(string header, bool lineBreaks, params (string Word, float[] Values)[] entries)
    {
        var bytes = new List<byte>(Encoding.UTF8.GetBytes(header + "\n"));
        foreach (var (word, values) in entries)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(word + " "));
            foreach (float value in values)
            {
                var four = new byte[4];
                BinaryPrimitives.WriteSingleLittleEndian(four, value);
                bytes.AddRange(four);
            }
            if (lineBreaks)
                bytes.Add((byte)'\n');
        }
        return [.. bytes];
    }

    [Test]
    public void Binary_files_are_read_with_and_without_line_breaks([Values] bool lineBreaks)
    {
        var content = Binary("3 2", lineBreaks, ("</s>", [0, 1]), ("étoile", [-1.5f, 1e-20f]),
            ("b", [BitConverter.Int32BitsToSingle(0x20202020), BitConverter.Int32BitsToSingle(0x0A0A0A0A)]));
        var vectors = WordVectors.Load(folder.Write("v.bin", content), ["b", "étoile", "c"]);
        Assert.That(vectors.Dimension, Is.EqualTo(2));
        Assert.That(vectors.Vectors["étoile"], Is.EqualTo(new[] { -1.5f, 1e-20f }));
        Assert.That(BitConverter.SingleToInt32Bits(vectors.Vectors["b"][1]), Is.EqualTo(0x0A0A0A0A));
        Assert.That(vectors.Missing, Is.EqualTo(new[] { "c" }));
    }

    [Test]
    public void Truncated_binary_files_name_the_byte()
    {
        var whole = Binary("2 2", false, ("a", [1, 2]), ("bb", [3, 4]));
        for (int length = 4; length < whole.Length; length++)
        {
            string path = folder.Write("v.bin", whole[..length]);
            Assert.That(() => WordVectors.Load(path, ["a"]), Throws.TypeOf<UserInputException>().With.Message.Contains("truncated"),
                $"{length}");
        }
        string cut = folder.Write("v.bin", whole[..^3]);
        Assert.That(() => WordVectors.Load(cut, ["a"]),
            Throws.TypeOf<UserInputException>().With.Message.Contains($"at byte {whole.Length - 3}"));
    }

    [Test]
    public void Lying_binary_headers_and_missing_files_are_refused()
    {
        string path = folder.Write("v.bin", Binary("900000000000 300", false, ("a", [1, 2])));
        Assert.That(() => WordVectors.Load(path, ["a"]), Throws.TypeOf<UserInputException>().With.Message.Contains("promise 900000000000"));
        string nan = folder.Write("n.bin", Binary("1 2", false, ("a", [1, float.NaN])));
        Assert.That(() => WordVectors.Load(nan, ["a"]),
            Throws.TypeOf<UserInputException>().With.Message.Contains("number 1 of 'a' at byte 10"));
        Assert.That(() => WordVectors.Load(folder["none"], ["a"]), Throws.TypeOf<UserInputException>().With.Message.Contains("none"));
    }

    [TestCase("3 2147483647\na 1 2 3\n")]
    [TestCase("1 2147483647\n")]
    [TestCase("0 70000\na \u0001\u0002\u0003\u0004")]
    public void Headers_of_endless_vectors_are_refused(string content) =>
        Assert.That(() => WordVectors.Load(folder.Write("v", content), ["a"]), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("line 1").And.Message.Contains("65536"));

    [Test]
    public void Words_of_a_file_are_composed() =>
        Assert.That(WordVectors.Load(folder.Write("v.txt", "cafe\u0301 1 2\nred 3 4\n"), ["caf\u00E9"])
            .Vectors["caf\u00E9"], Is.EqualTo(new float[] { 1, 2 }));
}
