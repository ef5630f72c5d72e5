using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Tests.Cli;

public class BenchTests
{
    static readonly string[] Keys = ["device", "threads", "peakGflops", "bandwidthGBs", "launchUs", "bandwidths", "rows"];
    static readonly string[] RowKeys = ["op", "pass", "shape", "ms", "gflops", "gbs", "share", "copyShare"];

    [Test]
    public void Json_has_the_documented_keys()
    {
        JsonNode json = CommandRun.Of("bench", "--op", "Gemm", "--op", "LayerNorm", "--device", "cpu:256", "--threads", "1", "--quick",
            "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(Keys));
        Assert.That(((string)json["device"]!, (int)json["threads"]!), Is.EqualTo(("cpu:256", 1)));
        Assert.That((double)json["peakGflops"]!, Is.GreaterThan(0));
        Assert.That((double)json["bandwidthGBs"]!, Is.GreaterThan(0));
        Assert.That(json["rows"]!.AsArray().Select(row => (string)row!["op"]!),
            Is.EqualTo(new[] { "Gemm", "Gemm", "LayerNorm", "LayerNorm" }));
        Assert.That(json["rows"]!.AsArray().Select(row => (string)row!["pass"]!),
            Is.EqualTo(new[] { "forward", "backward", "forward", "backward" }));
        Assert.That((double)json["launchUs"]!, Is.GreaterThan(0));
        Assert.That(json["bandwidths"]!.AsArray().Select(point => (long)point!["bytes"]!).ToArray(), Is.Ordered.And.Length.GreaterThan(5));
        foreach (JsonNode? row in json["rows"]!.AsArray())
        {
            Assert.That(row!.AsObject().Select(pair => pair.Key), Is.EqualTo(RowKeys));
            Assert.That((double)row["ms"]!, Is.GreaterThan(0));
            Assert.That((double)row["share"]!, Is.GreaterThan(0));
        }
    }

    [Test]
    public void A_pass_takes_the_median_of_its_runs()
    {
        double[] even = [9, 1, 2, 4];
        Assert.That(new PassTiming(even, 0, 0, 0).Milliseconds, Is.EqualTo((2 + 4) / 2.0));
        Assert.That(even, Is.EqualTo(new[] { 9, 1, 2, 4 }), "the samples keep their order");
        Assert.That(new PassTiming([9, 1, 4], 0, 0, 0).Milliseconds, Is.EqualTo(4));
    }

    [Test]
    public void An_op_without_a_size_to_time_is_told()
    {
        CommandRun run = CommandRun.Of("bench", "--op", "Reshape", "--threads", "1", "--quick").Succeeded();
        Assert.That(run.Error, Does.Contain("Reshape"));
        Assert.That(run.Output, Does.Contain("GFLOP/s"));
    }

    [Test]
    public void A_misspelt_op_or_device_is_a_usage_fault()
    {
        CommandRun.Of("bench", "--op", "Gem").IsUsageFault("Gemm");
        CommandRun.Of("bench", "--device", "cp:512").IsUsageFault("cpu:512");
    }

    // Each case with a size to time can be run again and again: no layer waits for a backward pass, nothing is overwritten.
    [Test]
    public void Every_case_with_sizes_to_time_repeats_and_tells_its_cost()
    {
        using Device device = Device.Open("cpu", 1);
        foreach (Type type in OpCase.All.Where(type => OpCase.Create(type).BenchShapes.Length > 0))
        {
            OpCase op = OpCase.Create(type);
            OpTiming timing = OpTiming.Measure(type, op.Shapes[0], device, 0);
            Assert.That(timing.Passes.Select(pass => pass.Pass.Milliseconds), Is.All.GreaterThan(0), op.Name);
            foreach (int[] s in op.BenchShapes)
            {
                Assert.That(op.Cost(s).Bytes, Is.GreaterThan(0), op.Name);
                Assert.That(op.BackwardCost(s).Bytes, timing.Backward == null ? Is.Zero : Is.GreaterThan(0), op.Name);
            }
        }
    }
}
