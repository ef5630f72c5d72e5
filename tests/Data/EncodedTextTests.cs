using System.Text;
using Dalle2.Data;
using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class EncodedTextTests
{
    [TestCase("a red disc\n")]
    [TestCase("красный круг\n")]
    [TestCase("一个红色的圆\n")]
    [TestCase("🔴 ein großer Kreis")]
    public void Text_reads_the_same_from_each_encoding(string text)
    {
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), new UnicodeEncoding(false, true),
            new UnicodeEncoding(true, true) })
        {
            Assert.That(EncodedText.Decode([.. encoding.GetPreamble(), .. encoding.GetBytes(text)], out _), Is.EqualTo(text));
        }
        Assert.That(EncodedText.Decode(Encoding.UTF8.GetBytes(text), out _), Is.EqualTo(text));
    }

    [TestCase("a red disc\n")]
    [TestCase("un café rouge\r\n")]
    [TestCase("красный круг\n")]
    [TestCase("一个红色的圆\n")]
    public void Two_bytes_a_letter_are_seen_without_a_mark(string text)
    {
        Assert.That(EncodedText.Decode(new UnicodeEncoding(false, false).GetBytes(text), out _), Is.EqualTo(text));
        Assert.That(EncodedText.Decode(new UnicodeEncoding(true, false).GetBytes(text), out _), Is.EqualTo(text));
    }

    [TestCase(new byte[] { (byte)'c', 0xE9 }, "is not valid UTF-8")]
    [TestCase(new byte[] { 0xFF, 0xFE, 0x3D, 0xD8 }, "begins as UTF-16 and is damaged")]
    [TestCase(new byte[] { 0xFF, 0xFE, 0x41 }, "begins as UTF-16 and is damaged")]
    [TestCase(new byte[] { 0xFF, 0xFE, 0, 0, 0x41, 0, 0, 0 }, "is UTF-32")]
    public void Other_bytes_are_told(byte[] bytes, string says)
    {
        Assert.That(EncodedText.Decode(bytes, out string fault), Is.Null);
        Assert.That(fault, Does.StartWith(says));
    }

    [TestCase("a red\0disc\n")]
    [TestCase("a red\0disc!\n")]
    [TestCase("\0")]
    public void Stray_zeros_are_no_text(string text)
    {
        Assert.That(EncodedText.Decode(Encoding.UTF8.GetBytes(text), out string fault), Is.Null);
        Assert.That(fault, Does.StartWith("contains zero bytes"));
    }

    [Test]
    public void Lines_end_in_three_ways() =>
        Assert.That(EncodedText.Lines("a\rb\nc\r\nd\n\re"), Is.EqualTo(new[] { "a", "b", "c", "d", "", "e" }));

    [TestCase("a \u001b[31mred\u001b[0m disc\n", @"a \u001B[31mred\u001B[0m disc\n")]
    [TestCase("one\ttwo\r\u007F\u009B", @"one\ttwo\r\u007F\u009B")]
    [TestCase("exe\u202Egnp.txt\u2028", @"exe\u202Egnp.txt\u2028")]
    [TestCase("naïve 日本", "naïve 日本")]
    public void Control_characters_are_visible(string text, string visible) => Assert.That(VisibleText.Of(text), Is.EqualTo(visible));

    // No attribute can hold half a character.
    [Test]
    public void Half_characters_are_visible() =>
        Assert.That(VisibleText.Of("half \uD83D, \uDE00\uD83D and whole 👩‍🚀"), Is.EqualTo(@"half \uD83D, \uDE00\uD83D and whole 👩‍🚀"));
}
