using Dalle2.Data.Text;

namespace Dalle2.Tests.Data;

public class VisibleTextTests
{
    [TestCase("a plain caption, naïve 日本 🙂", "a plain caption, naïve 日本 🙂")]
    [TestCase("\e]0;title\a", "\\e]0;title\\u0007")]
    [TestCase("two\nlines\r\n\tindented", "two\\nlines\\r\\n\\tindented")]
    [TestCase("turned \u202Earound\u2066", "turned \\u202Earound\\u2066")]
    [TestCase("c1 \u009B31m", "c1 \\u009B31m")]
    public void Hidden_characters_are_shown_by_name(string text, string shown) => Assert.That(VisibleText.Of(text), Is.EqualTo(shown));

    [Test]
    public void Lines_stay_lines() => Assert.That(VisibleText.OfLines("one\n\etwo"), Is.EqualTo("one\n\\etwo"));
}
