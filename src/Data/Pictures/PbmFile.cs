using System.Text;

namespace Dalle2.Data.Pictures;

/// <summary>What is set right about PBM, PGM and PPM files before they are decoded: numbers in text and samples of other than eight bits.</summary>
static class PbmFile
{
    /// <summary>The file itself where it is a P4, or P5 or P6 of 8 bits; otherwise the same picture as such a file, its samples rounded to eight bits.</summary>
    /// <exception cref="ImageFormatException">The header or a number is damaged, the samples end early, or the picture is too large.</exception>
    public static byte[] Plain(byte[] file, long maxPixels)
    {
        int kind = file[1] - '0', at = 2;
        long width = Number(file, ref at, "width"), height = Number(file, ref at, "height");
        PictureDecoder.RequireSize(width, height, maxPixels);
        long top = kind is 1 or 4 ? 1 : Number(file, ref at, "highest value");
        if (top is < 1 or > 65535)
            throw new ImageFormatException($"its highest value is {top}, and not from 1 to 65535");
        if (kind is 4 || (kind is 5 or 6 && top == 255))
            return file;
        // One blank ends the header.
        at++;
        int channels = kind is 3 or 6 ? 3 : 1;
        byte[] header = Encoding.ASCII.GetBytes($"P{(channels == 3 ? 6 : 5)}\n{width} {height}\n255\n");
        int count = checked((int)(width * height * channels));
        // Each sample takes a byte at least: a short file cannot ask for a large picture.
        if (count > file.Length)
            throw CutOff(0, count);
        var plain = new byte[header.Length + count];
        header.CopyTo(plain, 0);
        for (int i = 0; i < count; i++)
        {
            long value;
            if (kind == 1)
            {
                Skip(file, ref at);
                // The digits of P1 may stand without blanks between them; 1 is black.
                value = at < file.Length ? '1' - file[at++] : throw CutOff(i, count);
            }
            else if (kind is 2 or 3)
            {
                value = Number(file, ref at, "sample");
            }
            else if (top > 255)
            {
                value = at + 1 < file.Length ? (file[at] << 8) | file[at + 1] : throw CutOff(i, count);
                at += 2;
            }
            else
            {
                value = at < file.Length ? file[at++] : throw CutOff(i, count);
            }
            if (value < 0 || value > top)
                throw new ImageFormatException($"sample {i} is not from 0 to {top}");
            plain[header.Length + i] = (byte)((value * 255 + top / 2) / top);
        }
        return plain;
    }

    static ImageFormatException CutOff(int have, int count) => new($"it is truncated: {have} samples of {count} are there");

    static void Skip(byte[] file, ref int at)
    {
        while (at < file.Length && (file[at] == '#' || file[at] is (byte)' ' or >= 9 and <= 13))
        {
            if (file[at++] == '#')
            {
                while (at < file.Length && file[at] is not ((byte)'\n' or (byte)'\r'))
                    at++;
            }
        }
    }

    static long Number(byte[] file, ref int at, string what)
    {
        Skip(file, ref at);
        int first = at;
        long value = 0;
        for (; at < file.Length && char.IsAsciiDigit((char)file[at]) && at - first < 10; at++)
            value = 10 * value + file[at] - '0';
        return at > first ? value : throw new ImageFormatException(at == file.Length
            ? $"it is truncated: a {what} is missing" : $"at byte {at} there is no {what}");
    }
}
