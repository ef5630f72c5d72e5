using Dalle2.Data;
using Dalle2.Data.Pictures;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class PictureAugmentationTests
{
    // One number a pixel, rows from the top:  1 2 3 / 4 5 6 / 7 8 9.
    static byte[] Apply(PictureVariation variation, params byte[] pixels)
    {
        int side = (int)Math.Sqrt(pixels.Length);
        byte[] picture = [.. pixels.SelectMany(p => new[] { p, (byte)(p + 100), (byte)0 })], target = new byte[picture.Length];
        variation.Apply(picture, side, target);
        for (int i = 0; i < pixels.Length; i++)
            Assert.That((target[3 * i + 1], target[3 * i + 2]), Is.EqualTo(((byte)(target[3 * i] + 100), (byte)0)));
        return [.. target.Where((_, i) => i % 3 == 0)];
    }

    [TestCase(0, 0, false, "1 2 3 4 5 6 7 8 9")]
    [TestCase(1, 0, false, "1 1 2 4 4 5 7 7 8")]
    [TestCase(-1, 0, false, "2 3 3 5 6 6 8 9 9")]
    [TestCase(0, 1, false, "1 2 3 1 2 3 4 5 6")]
    [TestCase(0, -2, false, "7 8 9 7 8 9 7 8 9")]
    [TestCase(1, -1, false, "4 4 5 7 7 8 7 7 8")]
    [TestCase(0, 0, true, "3 2 1 6 5 4 9 8 7")]
    [TestCase(1, 0, true, "3 3 2 6 6 5 9 9 8")]
    public void Moved_and_mirrored_pixels_are_exact(int right, int down, bool mirrored, string expected) =>
        Assert.That(string.Join(' ', Apply(new PictureVariation(right, down, mirrored, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9)),
            Is.EqualTo(expected));

    [Test]
    public void Brightness_multiplies_rounds_and_ends_at_white()
    {
        byte[] target = new byte[12];
        new PictureVariation(0, 0, false, 1.5f).Apply([0, 1, 3, 10, 99, 100, 169, 170, 171, 200, 254, 255], 2, target);
        Assert.That(target, Is.EqualTo(new byte[] { 0, 2, 5, 15, 149, 150, 254, 255, 255, 255, 255, 255 }));
        new PictureVariation(0, 0, false, 0.5f).Apply([0, 1, 3, 10, 99, 100, 169, 170, 171, 200, 254, 255], 2, target);
        Assert.That(target, Is.EqualTo(new byte[] { 0, 1, 2, 5, 50, 50, 85, 85, 86, 100, 127, 128 }));
    }

    [Test]
    public void It_is_off_unless_asked_for()
    {
        Assert.That(new PictureAugmentation().IsOff);
        Assert.That(Enumerable.Range(0, 100).Select(i => new PictureAugmentation().Draw(1, i, i)), Has.All.EqualTo(PictureVariation.None));
        Assert.That(new PictureAugmentation { Shift = 2, Brightness = 0.1f }.Draw(1, 5, 5).Mirrored, Is.False);
    }

    [TestCase(1, 0, 0, 0, -3, true, 1.06658661f)]
    [TestCase(1, 1, 0, 3, -1, true, 0.842793822f)]
    [TestCase(1, 0, 1, 1, -2, false, 1.10471749f)]
    [TestCase(42, 1000, 7, -3, 2, true, 0.843657196f)]
    public void The_numbers_are_those_of_SplitMix64(int seed, int step, int sample, int right, int down, bool mirrored, float brightness) =>
        Assert.That(new PictureAugmentation { Shift = 3, Brightness = 0.2f, Mirror = true }.Draw((ulong)seed, step, sample),
            Is.EqualTo(new PictureVariation(right, down, mirrored, brightness)));

    [Test]
    public void Every_shift_and_both_sides_come_up()
    {
        var drawn = Enumerable.Range(0, 2000)
            .Select(i => new PictureAugmentation { Shift = 2, Brightness = 0.1f, Mirror = true }.Draw(7, i / 10, i % 10)).ToList();
        Assert.That(drawn.Select(d => (d.Right, d.Down, d.Mirrored)).Distinct().Count(), Is.EqualTo(50));
        Assert.That(drawn.Select(d => d.Brightness), Has.All.InRange(0.9f, 1.1f));
        Assert.That(drawn.Average(d => d.Brightness), Is.EqualTo(1).Within(0.01));
    }

    [Test]
    public void Senseless_values_are_refused()
    {
        Assert.That(() => new PictureAugmentation { Shift = 17 }.Validate(32), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("0 to 16"));
        Assert.That(() => new PictureAugmentation { Brightness = float.NaN }.Validate(32), Throws.TypeOf<UserInputException>()
            .With.Message.Contains("brightness"));
        Assert.That(() => new PictureAugmentation { Shift = 16, Brightness = 0.5f }.Validate(32), Throws.Nothing);
        Assert.That(() => PictureVariation.None.Apply(new byte[3], 2, new byte[3]), Throws.ArgumentException);
    }
}
