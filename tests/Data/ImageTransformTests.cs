using System.Text;
using Dalle2.Data.Pictures;
using Dalle2.Data.Sets;

namespace Dalle2.Tests.Data;

[TestFixture]
public sealed class ImageTransformTests
{
    // Any picture will do; this one has no symmetry.
    static Image Pattern(int width, int height)
    {
        var image = new Image(width, height);
        for (int i = 0; i < image.Rgba.Length; i++)
            image.Rgba[i] = i % 4 == 3 ? (byte)255 : (byte)(i * 2654435761u >> 24);
        return image;
    }

    [Test]
    public void Half_size_is_exactly_the_mean_of_two_by_two()
    {
        var image = Pattern(64, 64);
        var half = ImageTransform.ToSquare(image, 32);
        for (int i = 0; i < 32 * 32 * 3; i++)
        {
            int x = i / 3 % 32, y = i / 96, c = i % 3;
            int sum = image.Pixel(2 * x, 2 * y)[c] + image.Pixel(2 * x + 1, 2 * y)[c] + image.Pixel(2 * x, 2 * y + 1)[c]
                + image.Pixel(2 * x + 1, 2 * y + 1)[c];
            Assert.That(half.Pixel(x, y)[c], Is.EqualTo((sum + 2) / 4));
        }
    }

    [TestCase(7, 7, 3)]
    [TestCase(50, 31, 16)]
    [TestCase(13, 40, 12)]
    [TestCase(64, 64, 28)]
    public void Reduction_is_the_area_average_of_the_centre(int width, int height, int side)
    {
        var image = Pattern(width, height);
        var result = ImageTransform.ToSquare(image, side);
        // Independent: cut every source pixel into side x side equal parts, so that parts never straddle target pixels.
        int square = Math.Min(width, height);
        for (int ty = 0; ty < side; ty++)
        {
            for (int tx = 0; tx < side; tx++)
            {
                long sum = 0;
                for (int k = 0; k < square * square; k++)
                {
                    // In units of 1/side of a pixel; a center at half a pixel needs units of 1/(2 side), taken at the part's middle.
                    int x2 = 2 * (tx * square + k % square) + 1 + (width - square) * side,
                        y2 = 2 * (ty * square + k / square) + 1 + (height - square) * side;
                    sum += image.Pixel(x2 / (2 * side), y2 / (2 * side))[1];
                }
                double mean = (double)sum / (square * square);
                Assert.That(result.Pixel(tx, ty)[1], Is.EqualTo(mean).Within(0.5001), $"{tx}, {ty}");
            }
        }
    }

    [Test]
    public void Enlargement_is_bilinear_between_pixel_centres()
    {
        var image = new Image(2, 2);
        for (int i = 0; i < 4; i++)
        {
            byte v = (byte)(i % 2 == 0 ? 0 : 200);
            image.Pixel(i % 2, i / 2)[0] = v;
            image.Pixel(i % 2, i / 2)[3] = 255;
        }
        var row = Enumerable.Range(0, 4).Select(x => (int)ImageTransform.ToSquare(image, 4).Pixel(x, 1)[0]);
        Assert.That(row, Is.EqualTo(new[] { 0, 50, 150, 200 }));
    }

    [Test]
    public void A_single_pixel_fills_any_size()
    {
        var image = new Image(1, 1);
        byte[] color = [10, 20, 30, 255];
        color.CopyTo(image.Rgba, 0);
        Assert.That(ImageTransform.ToSquare(image, 5).Rgba, Is.EqualTo(Enumerable.Repeat(color, 25).SelectMany(c => c)));
    }

    [Test]
    public void Transparent_colors_never_show()
    {
        var image = new Image(2, 1);
        new byte[] { 255, 0, 0, 0, 100, 100, 100, 128 }.CopyTo(image.Rgba, 0);
        var result = ImageTransform.Composite(image, 0, 0, 200);
        Assert.That(result.Pixel(0, 0).ToArray(), Is.EqualTo(new byte[] { 0, 0, 200, 255 }));
        // 128/255 of 100 and 127/255 of the background.
        Assert.That(result.Pixel(1, 0).ToArray(), Is.EqualTo(new byte[] { 50, 50, 150, 255 }));
        Assert.That(ImageTransform.ToSquare(image, 1, ImageFit.Crop).Pixel(0, 0)[1], Is.GreaterThan(170));
    }

    [Test]
    public void Crop_keeps_the_centre_and_padding_keeps_everything()
    {
        var image = new Image(30, 10);
        for (int x = 0; x < 30; x++)
        {
            for (int y = 0; y < 10; y++)
            {
                new byte[] { (byte)(x < 10 ? 250 : 0), (byte)(x is >= 10 and < 20 ? 250 : 0), (byte)(x >= 20 ? 250 : 0),
                    255 }.CopyTo(image.Pixel(x, y));
            }
        }
        var crop = ImageTransform.ToSquare(image, 10);
        Assert.That(crop.Rgba.Chunk(4).Select(p => (p[0], p[1], p[2])).Distinct(), Is.EqualTo(new[] { ((byte)0, (byte)250, (byte)0) }));
        var pad = ImageTransform.ToSquare(image, 30, ImageFit.Pad, 1, 2, 3);
        Assert.That(pad.Pixel(0, 9).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 255 }));
        Assert.That(pad.Pixel(0, 10).ToArray(), Is.EqualTo(new byte[] { 250, 0, 0, 255 }));
        Assert.That(pad.Pixel(29, 19).ToArray(), Is.EqualTo(new byte[] { 0, 0, 250, 255 }));
        Assert.That(pad.Pixel(29, 20).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 255 }));
    }

    [Test]
    public void Floats_and_back()
    {
        var image = Pattern(5, 3);
        var floats = ImageTransform.ToFloats(image);
        Assert.That(floats, Has.Length.EqualTo(45));
        Assert.That(floats[3 * (2 * 5 + 4) + 1], Is.EqualTo(image.Pixel(4, 2)[1] / 255f));
        Assert.That(ImageTransform.FromFloats(floats, 5, 3).Rgba, Is.EqualTo(image.Rgba));
        Assert.That(ImageTransform.FromFloats([-1, 2, float.NaN], 1, 1).Rgba, Is.EqualTo(new byte[] { 0, 255, 0, 255 }));
        Assert.That(() => ImageTransform.FromFloats(new float[4], 1, 1), Throws.ArgumentException);
    }

    [TestCase("\0\0\0\u0020ftypavif", "AVIF")]
    [TestCase("\0\0\0\u0018ftypheic", "HEIC")]
    [TestCase("\u00ff\n\u00fa\u007f", "JPEG XL")]
    [TestCase("\0\0\0\u000cJXL \r\n\u0087\n", "JPEG XL")]
    [TestCase("<svg xmlns", "SVG")]
    [TestCase("%PDF-1.7", "PDF")]
    public void Other_formats_are_named(string start, string format) =>
        Assert.That(() => PictureDecoder.Decode(Encoding.Latin1.GetBytes(start)),
        Throws.TypeOf<ImageFormatException>().With.Message.Contains(format).And.Message.Contains("PNG, JPEG"));

    [Test]
    public void Missing_empty_and_alien_files_are_broken_samples_with_their_path()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in new[] { folder["none.png"], folder.Write("empty.png", []), folder.Write("text.png", "hello"), folder.Path })
            Assert.That(() => PictureDecoder.Decode(path), Throws.TypeOf<BrokenSampleException>().With.Message.Contains(path));
    }
}
