using Dalle2.Data;

namespace Dalle2.Tests.Data;

public class VisibleTextTests
{
    [Test]
    public void Lines_stay_lines() => Assert.That(VisibleText.OfLines("one\n\etwo"), Is.EqualTo("one\n\\u001Btwo"));
}
