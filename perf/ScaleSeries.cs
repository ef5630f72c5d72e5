using System.Text.Json.Nodes;
using Dalle2.Cli;
using MathNet.Numerics.LinearRegression;

namespace Dalle2.Perf;

/// <summary>The points of an axis, and the powers that fit them.</summary>
sealed record ScaleSeries(string Axis, IReadOnlyList<ScalePoint> Points)
{
    /// <summary>p of <c>milliseconds = c value^p</c>.</summary>
    public double TimeExponent => Exponent(Points.Select(point => ((double)point.Value, point.Milliseconds)));

    /// <summary>p of <c>bytes = c value^p</c>.</summary>
    public double MemoryExponent => Exponent(Points.Select(point => ((double)point.Value, (double)point.Bytes)));

    public JsonObject ToJson() => new()
    {
        ["axis"] = Axis,
        ["timeExponent"] = Terminal.Number(TimeExponent),
        ["memoryExponent"] = Terminal.Number(MemoryExponent),
        ["points"] = new JsonArray([.. Points.Select(point =>
        new JsonObject { ["value"] = point.Value, ["ms"] = point.Milliseconds, ["bytes"] = point.Bytes })]),
    };

    /// <summary>The slope of the line through logarithms, least squares; not a number for fewer than two points.</summary>
    internal static double Exponent(IEnumerable<(double X, double Y)> points)
    {
        (double X, double Y)[] logs = [.. points.Select(point => (Math.Log(point.X), Math.Log(point.Y)))];
        return logs.Length < 2 ? double.NaN : SimpleRegression.Fit(logs).B;
    }
}
