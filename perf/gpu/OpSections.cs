using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Card;

/// <summary>Each op on each card, and in PyTorch on the same card.</summary>
static class OpSections
{
    const double SecondsAnOp = 0.05;

    /// <summary>The columns of an op's times, a precision each, here and in PyTorch's table.</summary>
    public static readonly string[] Columns =
        ["op", "pass", "size", .. Enum.GetValues<Precision>().Select(precision => $"{ProductSizes.Name(precision)} ms")];

    public static JsonObject Ops(double seconds)
    {
        if (Section.NoCard is { } reason)
            return Section.NotMeasured(reason);
        string[] cards = [.. Section.Cards(), .. Section.IlgpuCards()];
        long start = Stopwatch.GetTimestamp();
        var tables = new List<JsonObject>();
        for (int card = 0; card < cards.Length; card++)
        {
            using Device device = Device.Open(cards[card]);
            Roofline roofline = Roofline.Measure(device, 0.3);
            var rows = new List<JsonNode?[]>();
            foreach (var (type, shape, wanted) in ProductSizes.All)
            {
                if (Stopwatch.GetElapsedTime(start).TotalSeconds > seconds * 0.9 * (card + 1) / cards.Length)
                {
                    rows.Add(["(no time was left for the rest)", "", "", null, null, null, null, null, null]);
                    break;
                }

                if (wanted.Intersect(ProductSizes.Of(device)).Any())
                    rows.AddRange(Measure(device, roofline, type, shape, wanted));
            }

            device.Precision = Precision.Float32;
            tables.Add(Section.Table(
                $"{cards[card]}: {device.Description}. Rates and share of the float32 roof are those of the last precision.",
                [.. Columns, "GFLOP/s", "GB/s", "% of the roof"], rows));
        }

        return Section.Measured([.. tables]);
    }

    static IEnumerable<JsonNode?[]> Measure(Device device, Roofline roofline, Type type, int[] shape, Precision[] wanted)
    {
        var times = new Dictionary<string, (double?[] Milliseconds, PassTiming Last)>();
        foreach (Precision precision in wanted.Intersect(ProductSizes.Of(device)))
        {
            device.Precision = precision;
            foreach (var (pass, timing) in OpTiming.Measure(type, shape, device, SecondsAnOp).Passes)
            {
                double?[] cells = times.TryGetValue(pass, out var before)
                    ? before.Milliseconds : new double?[Enum.GetValues<Precision>().Length];
                cells[(int)precision] = Math.Round(timing.Milliseconds, 4);
                times[pass] = (cells, timing);
            }
        }

        foreach (var (pass, (cells, last)) in times)
        {
            yield return [OpCase.NameOf(type), pass, string.Join('x', shape), .. cells.Select(cell => (JsonNode?)cell), .. last.HasCost
                ? (JsonNode?[])[Math.Round(last.Gflops), Math.Round(last.GigabytesPerSecond), Math.Round(100 * last.ShareOf(roofline), 1)]
                : [null, null, null]];
        }
    }

    /// <summary>The same sizes in PyTorch, run by a script beside this program that prints its rows as JSON.</summary>
    public static JsonObject PyTorch(double seconds)
    {
        if (Section.NoCard is { } reason)
            return Section.NotMeasured(reason);
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_card.py");
        if (!File.Exists(script))
            return Section.NotMeasured($"{script} is not there: the bundle is not whole");
        var info = new ProcessStartInfo("python3", [script, $"{seconds * 0.9:F0}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true
        };
        Process python;
        try
        {
            python = Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return Section.NotMeasured($"python3 cannot be started ({e.Message})");
        }

        using (python)
        {
            foreach (var (type, shape, precisions) in ProductSizes.All)
            {
                python.StandardInput.WriteLine(new JsonObject
                {
                    ["op"] = OpCase.NameOf(type),
                    ["shape"] = new JsonArray([.. shape.Select(extent => (JsonNode)extent)]),
                    ["precisions"] = new JsonArray([.. precisions.Select(precision => (JsonNode)ProductSizes.Name(precision))]),
                }.ToJsonString());
            }

            python.StandardInput.Close();
            string said = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return python.ExitCode == 0 && JsonNode.Parse(said) is JsonObject answer
                ? answer : Section.NotMeasured($"{script} ended with code {python.ExitCode}");
        }
    }
}
