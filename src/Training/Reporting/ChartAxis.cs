namespace Dalle2.Training.Reporting;

/// <summary>The range of one axis and its round ticks.</summary>
sealed class ChartAxis
{
    readonly double low;
    readonly double high;
    readonly bool logarithmic;

    ChartAxis(double low, double high, bool logarithmic, IReadOnlyList<double> ticks)
    {
        this.low = low;
        this.high = high;
        this.logarithmic = logarithmic;
        Ticks = ticks;
    }

    internal IReadOnlyList<double> Ticks { get; }

    /// <summary>Ticks at multiples of 1, 2 or 5 times a power of ten; the range ends at ticks, or when <paramref name="tight"/> at the values.</summary>
    internal static ChartAxis Linear(double low, double high, bool tight)
    {
        if (high - low < 1e-12 * Math.Max(1e-12, Math.Abs(high)))
        {
            double room = high == 0 ? 1 : Math.Abs(high) / 2;
            (low, high) = (low - room, high + room);
        }

        double rough = (high - low) / 5;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
        double first = tight ? Math.Ceiling(low / step - 1e-9) : Math.Floor(low / step + 1e-9);
        double last = tight ? Math.Floor(high / step + 1e-9) : Math.Ceiling(high / step - 1e-9);
        double[] ticks = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
        return tight ? new ChartAxis(low, high, false, ticks) : new ChartAxis(ticks[0], ticks[^1], false, ticks);
    }

    /// <summary>Ticks at powers of ten, and at 2 and 5 times them when the range is short.</summary>
    internal static ChartAxis Logarithmic(double low, double high)
    {
        double[] factors = Math.Log10(high / low) < 2.5 ? [1, 2, 5] : [1];
        int from = (int)Math.Floor(Math.Log10(low)), to = (int)Math.Floor(Math.Log10(high)) + 1;
        double[] candidates = [.. Enumerable.Range(from, to - from + 1)
            .SelectMany(exponent => factors.Select(factor => factor * Math.Pow(10, exponent)))];
        double least = candidates.Last(tick => tick <= low * (1 + 1e-9));
        double greatest = candidates.First(tick => tick >= high * (1 - 1e-9) && tick > least);
        double[] ticks = [.. candidates.Where(tick => tick >= least && tick <= greatest)];
        int every = 1 + (ticks.Length - 1) / 8;
        return new ChartAxis(least, greatest, true, [.. ticks.Where((_, i) => i % every == 0)]);
    }

    /// <summary>Where the value lies, from 0 at the low end to 1 at the high end.</summary>
    internal double Share(double value) => logarithmic ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low);
}
