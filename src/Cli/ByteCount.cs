using System.Globalization;

namespace Dalle2.Cli;

/// <summary>Numbers of bytes as people write them: <c>500MB</c>, <c>1.5 GiB</c>, <c>0</c>. Units of SI are powers of 1,000, those of IEC 80000-13 of 1,024.</summary>
static class ByteCount
{
    static readonly string[] Prefixes = ["K", "M", "G", "T"];

    /// <summary>What can be written.</summary>
    public const string Form =
        "a number of bytes, with KB, MB, GB, TB (powers of 1,000) or KiB, MiB, GiB, TiB (of 1,024) behind it, such as 500MB";

    /// <summary>Reads a number of bytes; fractions of a byte are left away.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int end = text.AsSpan().TrimEnd("BbIiKkMmGgTt").Length;
        if (Factor(text[end..]) is not { } factor)
            return false;
        string number = text[..end].TrimEnd(' ');
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || value > long.MaxValue / factor || (factor == 1 && value != decimal.Truncate(value)))
        {
            return false;
        }

        bytes = (long)(value * factor);
        return true;
    }

    static decimal? Factor(string unit)
    {
        if (unit.Length == 0 || unit.Equals("B", StringComparison.OrdinalIgnoreCase))
            return 1;
        decimal si = 1, iec = 1;
        foreach (string prefix in Prefixes)
        {
            (si, iec) = (si * 1000, iec * 1024);
            if (unit.Equals(prefix + "B", StringComparison.OrdinalIgnoreCase))
                return si;
            if (unit.Equals(prefix + "iB", StringComparison.OrdinalIgnoreCase))
                return iec;
        }

        return null;
    }
}
