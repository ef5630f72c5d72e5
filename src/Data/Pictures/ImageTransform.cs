namespace Dalle2.Data.Pictures;

/// <summary>
/// Compositing, resizing to a square and conversion to numbers. All arithmetic is on the stored sRGB values, as is usual for training pictures.
/// Reduction is the exact area average (any factor), enlargement bilinear with pixel centers at one half.
/// </summary>
public static class ImageTransform
{
    /// <summary>The opaque picture seen over a background color, white by default.</summary>
    public static Image Composite(Image image, byte red = 255, byte green = 255, byte blue = 255)
    {
        var result = new Image(image.Width, image.Height);
        Span<byte> background = [red, green, blue];
        for (int i = 0; i < image.Rgba.Length; i += 4)
        {
            int alpha = image.Rgba[i + 3];
            for (int c = 0; c < 3; c++)
                result.Rgba[i + c] = (byte)((image.Rgba[i + c] * alpha + background[c] * (255 - alpha) + 127) / 255);
            result.Rgba[i + 3] = 255;
        }
        return result;
    }

    /// <summary>
    /// Composites on the background and makes a <paramref name="side"/> x <paramref name="side"/> opaque picture.
    /// Compositing comes first, so the hidden colors of transparent pixels never bleed in.
    /// </summary>
    public static Image ToSquare(Image image, int side, ImageFit fit = ImageFit.Crop, byte red = 255, byte green = 255, byte blue = 255)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        var opaque = Composite(image, red, green, blue);
        if (image.Width == side && image.Height == side)
            return opaque;
        if (fit == ImageFit.Crop)
        {
            double square = Math.Min(image.Width, image.Height);
            return Resample(opaque, (image.Width - square) / 2, (image.Height - square) / 2, square, square, side, side);
        }
        double scale = (double)side / Math.Max(image.Width, image.Height);
        int width = Math.Max(1, (int)Math.Round(image.Width * scale)), height = Math.Max(1, (int)Math.Round(image.Height * scale));
        var inner = Resample(opaque, 0, 0, image.Width, image.Height, width, height);
        var padded = Composite(new Image(side, side), red, green, blue);
        int left = (side - width) / 2, top = (side - height) / 2;
        for (int y = 0; y < height; y++)
            inner.Rgba.AsSpan(4 * y * width, 4 * width).CopyTo(padded.Rgba.AsSpan(4 * ((top + y) * side + left)));
        return padded;
    }

    /// <summary>Red, green and blue over 255, <c>[Height, Width, 3]</c> in [0, 1]; alpha is dropped.</summary>
    public static float[] ToFloats(Image image)
    {
        var values = new float[3 * image.Width * image.Height];
        for (int i = 0, p = 0; i < values.Length; i++, p += i % 3 == 0 ? 2 : 1)
            values[i] = image.Rgba[p] / 255f;
        return values;
    }

    /// <summary>The opaque picture of <c>[height, width, 3]</c> numbers; what is outside [0, 1] is clamped, NaN becomes black.</summary>
    public static Image FromFloats(ReadOnlySpan<float> values, int width, int height)
    {
        if (values.Length != 3L * width * height)
            throw new ArgumentException($"{values.Length} numbers are no [{height}, {width}, 3]", nameof(values));
        var image = new Image(width, height);
        for (int i = 0, p = 0; i < values.Length; i += 3, p += 4)
        {
            for (int c = 0; c < 3; c++)
                image.Rgba[p + c] = ToByte(values[i + c]);
            image.Rgba[p + 3] = 255;
        }
        return image;
    }

    static byte ToByte(float value) => value >= 1 ? (byte)255 : value > 0 ? (byte)(value * 255f + 0.5f) : (byte)0;

    // The part (x, y, w, h) of an opaque picture at a new size, each axis on its own.
    static Image Resample(Image image, double x, double y, double w, double h, int width, int height)
    {
        var across = ResamplingAxis.Create(image.Width, x, w, width);
        var down = ResamplingAxis.Create(image.Height, y, h, height);
        var rows = new double[3 * width * image.Height];
        for (int sy = 0; sy < image.Height; sy++)
        {
            for (int tx = 0; tx < width; tx++)
            {
                var weights = across.Weights[tx];
                for (int c = 0; c < 3; c++)
                {
                    double sum = 0;
                    for (int k = 0, p = 4 * (sy * image.Width + across.First[tx]) + c; k < weights.Length; k++, p += 4)
                        sum += weights[k] * image.Rgba[p];
                    rows[3 * (sy * width + tx) + c] = sum;
                }
            }
        }
        var result = new Image(width, height);
        for (int ty = 0; ty < height; ty++)
        {
            var weights = down.Weights[ty];
            for (int tx = 0; tx < width; tx++)
            {
                var pixel = result.Pixel(tx, ty);
                for (int c = 0; c < 3; c++)
                {
                    double sum = 0;
                    for (int k = 0; k < weights.Length; k++)
                        sum += weights[k] * rows[3 * ((down.First[ty] + k) * width + tx) + c];
                    pixel[c] = (byte)Math.Clamp((int)(sum + 0.5), 0, 255);
                }
                pixel[3] = 255;
            }
        }
        return result;
    }
}
