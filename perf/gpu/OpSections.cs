using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Card;

/// <summary>Each op on each card, and in PyTorch on the same card.</summary>
static class OpSections
{
    const double SecondsAnOp = 0.1;

    public static JsonObject Ops(double seconds)
    {
        string[] cards = Section.Cards();
        if (cards.Length == 0)
            return Section.NotMeasured(Section.NoCard!);
        long start = Stopwatch.GetTimestamp();
        var tables = new List<JsonObject>();
        foreach (string name in cards)
        {
            using Device device = Device.Open(name);
            Roofline roofline = Roofline.Measure(device, 0.3);
            var rows = new List<JsonNode?[]>();
            foreach (var (type, shape) in Sizes())
            {
                if (Stopwatch.GetElapsedTime(start).TotalSeconds > seconds * 0.9)
                {
                    rows.Add(["(no time was left for the rest)", "", "", null, null, null, null]);
                    break;
                }

                foreach (var (pass, timing) in OpTiming.Measure(type, shape, device, SecondsAnOp).Passes)
                {
                    rows.Add([OpCase.NameOf(type), pass, string.Join('x', shape), Math.Round(timing.Milliseconds, 4), .. timing.HasCost
                        ? (JsonNode?[])[Math.Round(timing.Gflops), Math.Round(timing.GigabytesPerSecond), Math.Round(100 * timing.ShareOf(roofline), 1)] : [null, null, null]]);
                }
            }

            tables.Add(Section.Table($"{name}: {device.Description}", ["op", "pass", "size", "ms", "GFLOP/s", "GB/s", "% of the roof"], rows));
        }

        return Section.Measured([.. tables]);
    }

    /// <summary>The same sizes in PyTorch, run by a script beside this program that prints its rows as JSON.</summary>
    public static JsonObject PyTorch(double seconds)
    {
        if (Section.NoCard is { } reason)
            return Section.NotMeasured(reason);
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_card.py");
        if (!File.Exists(script))
            return Section.NotMeasured($"{script} is not there: the bundle is not whole");
        var info = new ProcessStartInfo("python3", [script, $"{seconds * 0.9:F0}"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
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
            foreach (var (type, shape) in Sizes())
                python.StandardInput.WriteLine(new JsonObject { ["op"] = OpCase.NameOf(type), ["shape"] = new JsonArray([.. shape.Select(extent => (JsonNode)extent)]) }.ToJsonString());
            python.StandardInput.Close();
            string said = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return python.ExitCode == 0 && JsonNode.Parse(said) is JsonObject answer ? answer : Section.NotMeasured($"{script} ended with code {python.ExitCode}");
        }
    }

    static IEnumerable<(Type Type, int[] Shape)> Sizes() =>
        from type in OpCase.All
        from shape in OpCase.Create(type).BenchShapes
        select (type, shape);
}
