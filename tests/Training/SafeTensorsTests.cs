using System.Buffers.Binary;
using System.Text;
using Dalle2.Data;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Training;

[TestFixture]
public sealed class SafeTensorsTests
{
    static readonly Dictionary<string, string> NoMetadata = [];

    string folder = "";
    string path = "";

    [SetUp]
    public void MakeFolder()
    {
        folder = Directory.CreateTempSubdirectory("d2-safetensors-").FullName;
        path = Path.Combine(folder, "a.safetensors");
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void The_bytes_are_those_of_the_format()
    {
        SafeTensorsFile.Write(path,
            [new NamedTensor("w", [2, 1], new[] { 1.5f, -2f }), new NamedTensor("b", [3], new byte[] { 7, 8, 9 }),
            new NamedTensor("n", [], new[] { 258L })],
            new Dictionary<string, string> { ["k"] = "v" });
        byte[] bytes = File.ReadAllBytes(path);

        // Wider types first: the 8-byte scalar, then the floats, then the bytes.
        const string json =
            """{"__metadata__":{"k":"v"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"""
            + "\"w\":" + """{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}""";
        int padded = (json.Length + 7) / 8 * 8;
        var expected = new List<byte>();
        expected.AddRange(BitConverter.GetBytes((ulong)padded));
        expected.AddRange(Encoding.ASCII.GetBytes(json.PadRight(padded, ' ')));
        expected.AddRange(new byte[] { 2, 1, 0, 0, 0, 0, 0, 0 });
        expected.AddRange(new byte[] { 0x00, 0x00, 0xC0, 0x3F });   // 1.5f
        expected.AddRange(new byte[] { 0x00, 0x00, 0x00, 0xC0 });   // -2f
        expected.AddRange(new byte[] { 7, 8, 9 });
        Assert.That(bytes, Is.EqualTo(expected.ToArray()));
    }

    [Test]
    public void A_file_in_memory_is_read_and_checked_alike()
    {
        SafeTensorsFile.Write(path, [new NamedTensor("w", [2], new[] { 1.5f, -2f })], new Dictionary<string, string> { ["k"] = "v" });
        byte[] bytes = File.ReadAllBytes(path);
        using SafeTensorsFile file = SafeTensorsFile.Open("memory", bytes);
        var values = new float[2];
        file.Read<float>("w", values);
        Assert.That(values, Is.EqualTo(new[] { 1.5f, -2f }));
        Assert.That(file.Metadata["k"], Is.EqualTo("v"));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(() => SafeTensorsFile.Open("memory", bytes[..length]),
                Throws.TypeOf<UserInputException>().With.Message.Contain("memory"));
        }
    }

    [Test]
    public void A_file_built_by_hand_is_read()
    {
        // Tensors in another order than their bytes, unpadded header, an empty tensor, white space in the JSON.
        WriteRaw(
            """{ "b": {"shape": [2], "dtype": "I32", "data_offsets": [4, 12]},"""
            + """ "a": {"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}, "e": {"dtype":"F32","shape":[0,5],"data_offsets":[12,12]} }""",
            [0, 0, 0x80, 0x3F, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.That(file.Tensors.Select(tensor => tensor.Name), Is.EqualTo(new[] { "a", "b", "e" }));
        var a = new float[1];
        file.Read<float>("a", a);
        var b = new int[2];
        file.Read<int>("b", b);
        Assert.That(a, Is.EqualTo(new[] { 1f }));
        Assert.That(b, Is.EqualTo(new[] { 1, -1 }));
        Assert.That(file.Find("e")!.Count, Is.Zero);
        Assert.That(file.Metadata, Is.Empty);
        Assert.That(() => file.Read<float>("b", new float[2]), Throws.ArgumentException);
        Assert.That(() => file.Read<int>("b", new int[3]), Throws.ArgumentException);
        Assert.That(() => file.Read<int>("c", new int[3]), Throws.ArgumentException);
    }

    [Test]
    public void A_tensor_larger_than_one_piece_survives()
    {
        float[] values = new float[(1 << 20) + 12_345];
        for (int i = 0; i < values.Length; i++)
            values[i] = i * 0.5f - 7;

        SafeTensorsFile.Write(path, [new NamedTensor("x", [values.Length], values)], NoMetadata);
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.That(file.ReadTensor(file.Tensors[0]).Values<float>().SequenceEqual(values));
    }

    [Test]
    public void Names_and_metadata_of_any_characters_survive()
    {
        const string odd = "naïve \"quoted\" \\ 日本 \u0001 😀";
        SafeTensorsFile.Write(path, [new NamedTensor(odd, [1], new[] { 3f })], new Dictionary<string, string> { [odd] = odd });
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.That(file.Find(odd), Is.Not.Null);
        Assert.That(file.Metadata[odd], Is.EqualTo(odd));
    }

    [TestCase("""[1]""", "not a JSON object")]
    [TestCase("""{"a":""", "not valid JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
    "'a' twice")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]}}""",
    "overlap")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}}""",
    "hole of 1 bytes")]
    [TestCase("""{"a":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}}""", "hole of 1 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "need 12 bytes and 8 are there")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes follow")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "needs 12 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""",
    "needs 9223372036854775807 bytes")]
    [TestCase("""{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}""", "element type Q4")]
    [TestCase("""{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}""", "element type 1")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "-2 in its shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "2.5 in its shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "not a list")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "not a begin and an end")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", "not a begin and an end")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2]}}""", "once each")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "unknown field 'more'")]
    [TestCase("""{"a":3}""", "not described by a JSON object")]
    [TestCase("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'k' is not a string")]
    [TestCase("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'k' occurs twice")]
    [TestCase("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not valid JSON")]
    public void A_faulty_header_is_named(string json, string fault)
    {
        WriteRaw(json, new byte[8]);
        Assert.That(() => SafeTensorsFile.Open(path),
            Throws.TypeOf<UserInputException>().With.Message.Contains(fault).And.Message.Contains(path));
    }

    [TestCase(0, "it is empty")]
    [TestCase(5, "fewer than the 8")]
    [TestCase(20, "its header needs")]
    [TestCase(-1, "its tensors need 8 bytes and 7 are there")]
    public void A_truncated_file_is_named(int length, string fault)
    {
        SafeTensorsFile.Write(path, [new NamedTensor("a", [2], new[] { 1f, 2f })], NoMetadata);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.That(() => SafeTensorsFile.Open(path), Throws.TypeOf<UserInputException>().With.Message.Contains(fault));
    }

    [Test]
    public void A_lying_header_length_and_a_missing_file_are_named()
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue);
        File.WriteAllBytes(path, bytes);
        Assert.That(() => SafeTensorsFile.Open(path), Throws.TypeOf<UserInputException>().With.Message.Contains("the format allows"));
        Assert.That(() => SafeTensorsFile.Open(path + "x"), Throws.TypeOf<UserInputException>().With.Message.Contains("no such file"));
        Assert.That(() => SafeTensorsFile.Open(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("cannot be read"));
    }

    [Test]
    public void A_name_given_twice_or_reserved_is_refused_before_anything_is_written()
    {
        var a = new NamedTensor("a", [1], new[] { 1f });
        Assert.That(() => SafeTensorsFile.Write(path, [a, a], NoMetadata), Throws.ArgumentException);
        Assert.That(() => SafeTensorsFile.Write(path, [new NamedTensor("__metadata__", [1], new[] { 1f })], NoMetadata),
            Throws.ArgumentException);
        Assert.That(() => new NamedTensor("a", [2, 2], new float[3]), Throws.ArgumentException);
        Assert.That(File.Exists(path), Is.False);
    }

    void WriteRaw(string json, byte[] data)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data]);
    }
}
