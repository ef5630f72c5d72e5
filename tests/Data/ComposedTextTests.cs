using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

/// <summary>Cases of Unicode Standard Annex 15: its figures 3 to 6, its tables of composition exclusions, and the pairs that its algorithm
/// must not join.</summary>
[TestFixture]
public sealed class ComposedTextTests
{
    [TestCase("cafe\u0301", "caf\u00E9")]
    [TestCase("caf\u00E9", "caf\u00E9")]
    [TestCase("\u212B", "\u00C5", TestName = "The angstrom sign is a letter")]
    [TestCase("A\u030A", "\u00C5")]
    [TestCase("\u1E9B\u0323", "\u1E9B\u0323", TestName = "A long s with two dots stays")]
    [TestCase("s\u0323\u0307", "\u1E69")]
    [TestCase("s\u0307\u0323", "\u1E69", TestName = "Marks are put in order first")]
    [TestCase("\u1E0B\u0323", "\u1E0D\u0307")]
    [TestCase("e\u0327\u0301", "\u0229\u0301")]
    [TestCase("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b", TestName = "A mark is kept away by one of its own class")]
    [TestCase("\u0958", "\u0915\u093C", TestName = "Excluded pairs stay apart")]
    [TestCase("\u1100\u1161\u11A8", "\uAC01", TestName = "Hangul is composed")]
    [TestCase("\uAC00\u11A8", "\uAC01")]
    [TestCase("\uAC00\u11A7", "\uAC00\u11A7", TestName = "The first tail is none")]
    [TestCase("\u0301a", "\u0301a")]
    [TestCase("\u0BC6\u0300\u0BBE", "\u0BC6\u0300\u0BBE", TestName = "A vowel does not pass a mark")]
    [TestCase("\U000110A5\U000110BA", "\U000110AB", TestName = "Beyond the basic plane")]
    [TestCase("\uF900", "\u8C48")]
    [TestCase("a red star", "a red star")]
    [TestCase("", "")]
    public void Letters_and_marks_are_composed_as_unicode_says(string text, string composed) =>
        Assert.That(ComposedText.Compose(text), Is.EqualTo(composed));

    [Test]
    public void Composed_text_stays_itself()
    {
        for (int code = 0; code <= 0x2FFFF; code++)
        {
            if (code is < 0xD800 or > 0xDFFF)
            {
                string once = ComposedText.Compose(char.ConvertFromUtf32(code));
                Assert.That(ComposedText.Compose(once), Is.EqualTo(once));
            }
        }
    }
}
