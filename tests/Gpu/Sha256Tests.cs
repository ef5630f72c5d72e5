using System.Security.Cryptography;
using System.Text;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Gpu;

/// <summary>Our SHA-256 against the standard's examples and the system's.</summary>
public class Sha256Tests
{
    [TestCase("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [TestCase("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Examples_of_the_standard(string text, string hash) =>
        Assert.That(Convert.ToHexStringLower(Sha256.Hash(Encoding.ASCII.GetBytes(text))), Is.EqualTo(hash));

    [Test]
    public void Every_length_around_a_block_is_as_the_system_has_it()
    {
        byte[] data = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 37))];
        for (int length = 0; length <= data.Length; length++)
            Assert.That(Sha256.Hash(data.AsSpan(0, length)), Is.EqualTo(SHA256.HashData(data.AsSpan(0, length))), $"{length} bytes");
    }
}
