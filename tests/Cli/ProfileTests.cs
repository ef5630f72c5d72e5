using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Tests.Cli;

public class ProfileTests
{
    static readonly string[] Keys = ["what", "device", "threads", "steps", "stepMs", "allocatedBytes", "deviceBytes", "shares", "rows"];
    static readonly string[] RowKeys = ["kind", "name", "calls", "ms", "gflops", "gbs", "roof", "share"];
    static readonly string[] Small = ["--preset", "tiny", "--steps", "2", "--warmup", "1", "--threads", "1"];

    string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("dalle2-profile").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void The_rows_of_a_training_step_add_up_to_it()
    {
        JsonNode json = CommandRun.Of(["profile", .. Small, "--json"]).Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(Keys));
        JsonObject[] rows = [.. json["rows"]!.AsArray().Select(row => row!.AsObject())];
        Assert.That(rows.Select(row => row.Select(pair => pair.Key)), Is.All.EqualTo(RowKeys));
        Assert.That(rows.Sum(row => (double)row["ms"]!), Is.EqualTo((double)json["stepMs"]!).Within(1e-9).Percent);
        Assert.That(rows.Select(row => (double)row["ms"]!), Is.All.GreaterThanOrEqualTo(0));
        Assert.That(json["shares"]!.AsObject().Sum(pair => (double)pair.Value!), Is.EqualTo(1).Within(1e-9));
        Assert.That(rows.Where(row => (string)row["kind"]! == "host").Select(row => (string)row["name"]!),
            Is.EquivalentTo(new[] { "waiting for data", "forward and backward", "optimizer", "between the parts" }));
        Assert.That(rows.Where(row => (string)row["kind"]! == "kernel").Select(row => (string)row["name"]!), Has.Some.StartWith("AdamOp."));
        Assert.That(rows.Where(row => row["gflops"] != null), Is.Not.Empty, "products tell their operations");
    }

    [Test]
    public void Events_are_summed_by_kernel_and_part()
    {
        long ms = Stopwatch.Frequency / 1000;
        var events = new StepProfiler();
        ILaunchProfiler profiler = events;
        events.Begin("load");
        events.End();
        events.Begin("compute");
        profiler.Done(Launch("A", Stopwatch.GetTimestamp(), 0, 0));
        events.End();
        var (load, compute) = (events.Spans[0], events.Spans[1]);
        events.Clear();
        Assert.That(events.Spans, Is.Empty);
        Assert.That(events.Records, Is.Empty);
        Assert.That((load.Name, compute.Name), Is.EqualTo(("load", "compute")));

        // A step of 20 ms: 10 of a kernel after 1 of dispatch, 2 of a copy, and 7 that are the host's, outside of any part.
        profiler.Done(Launch("A", 0, ms, 11 * ms));
        profiler.Done(new StreamRecord(StreamWork.Read, null, default, default, 4000, 12 * ms, 14 * ms));
        Profile profile = Profile.Of(events, new Roofline(100, 1, [new Bandwidth(1 << 16, 10, 20, 15)]), "test", "cpu", 1, 1, 20 * ms, 0,
            0);
        Assert.That(profile.Rows.Select(row => (row.Kind, row.Name, Math.Round(row.Milliseconds, 3))), Is.EqualTo(new[]
        {
            ("kernel", "A", 10.0), ("host", "between the parts", 7.0), ("transfer", "device to host", 2.0),
            ("dispatch", "preparing launches", 1.0),
        }));
        // 5e8 operations take at least 5 ms at 100 GFLOP/s.
        Assert.That(profile.Rows[0].RoofShare, Is.EqualTo(0.5).Within(1e-6));
        Assert.That(profile.Rows[0].Gflops, Is.EqualTo(50).Within(1e-3));

        static StreamRecord Launch(string name, long start, long began, long end) =>
            new(StreamWork.Launch, name, default, default, 1000, start, end) { Began = began, Flops = 5e8 };
    }

    [Test]
    public void A_trace_has_a_lane_of_the_host_and_one_of_the_device()
    {
        string trace = FileOf("trace.json");
        CommandRun.Of(["profile", .. Small, "--trace", trace]).Succeeded();
        JsonObject[] all = [.. JsonNode.Parse(File.ReadAllText(trace))!["traceEvents"]!.AsArray().Select(one => one!.AsObject())];
        Assert.That(all.Where(one => (string)one["ph"]! == "M").Select(one => (string)one["args"]!["name"]!),
            Is.EqualTo(new[] { "host", "cpu" }));
        JsonObject[] slices = [.. all.Where(one => (string)one["ph"]! == "X")];
        Assert.That(slices.Select(one => (string)one["cat"]!).Distinct(),
            Is.SupersetOf(new[] { "host", "dispatch", "kernel", "transfer" }));
        Assert.That(slices.Select(one => (double)one["ts"]!), Is.All.GreaterThanOrEqualTo(0));
        var device = slices.Where(one => (int)one["tid"]! == 2)
            .Select(one => (Start: (double)one["ts"]!, End: (double)one["ts"]! + (double)one["dur"]!)).OrderBy(one => one.Start).ToList();
        // Times are rounded to the nanosecond.
        Assert.That(device.Zip(device.Skip(1), (first, second) => second.Start - first.End), Is.All.GreaterThanOrEqualTo(-0.002));
    }

    [Test]
    public void Two_saved_profiles_are_compared_part_by_part()
    {
        string a = FileOf("a.json"), b = FileOf("b.json");
        JsonNode first = CommandRun.Of(["profile", .. Small, "--stage", "image", "--out", a, "--json"]).Succeeded().Json;
        JsonNode second = CommandRun.Of(["profile", .. Small, "--stage", "text", "--out", b, "--json"]).Succeeded().Json;
        JsonNode json = CommandRun.Of("profile", "--compare", a, b, "--json").Succeeded().Json;
        Assert.That((double)json["ratio"]!, Is.EqualTo((double)first["stepMs"]! / (double)second["stepMs"]!).Within(1e-9));
        Assert.That(json["rows"]!.AsArray().Sum(row => (double?)row!["aMs"] ?? 0),
            Is.EqualTo((double)first["stepMs"]!).Within(1e-6).Percent);
        Assert.That(json["rows"]!.AsArray().Sum(row => (double?)row!["bMs"] ?? 0),
            Is.EqualTo((double)second["stepMs"]!).Within(1e-6).Percent);
        Assert.That(CommandRun.Of("profile", "--compare", a, b).Succeeded().Output, Does.Contain("times as fast"));
    }

    [Test]
    public void What_cannot_be_profiled_is_told()
    {
        string other = FileOf("other.json");
        File.WriteAllText(other, "[1]");
        CommandRun.Of("profile", "--preset", "demoo").IsUsageFault("demo");
        CommandRun.Of("profile", "--stage", "imag").IsUsageFault("image");
        CommandRun.Of("profile", "--compare", other, other).IsUsageFault(other, "is no profile");
        CommandRun.Of("profile", "--compare", FileOf("none.json"), other).IsUsageFault("none.json", "cannot be read");
    }

    string FileOf(string name) => Path.Combine(folder, name);
}
