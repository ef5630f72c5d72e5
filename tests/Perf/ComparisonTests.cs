using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Perf;
using Dalle2.Tests.Cli;

namespace Dalle2.Tests.Perf;

public class ComparisonTests
{
    static readonly string[] Keys = ["machine", "date", "command", "ours", "theirs", "ops", "step", "forecast", "memory", "rows", "steps",
        "forecasts", "notes"];

    [Test]
    public void Ratios_are_theirs_by_ours_of_the_medians_of_all_turns()
    {
        var order = new List<string>();
        var plan = new ComparisonPlan([1, 2], [ComparedModel.Of(new TextVaeSize())], [("Gemm", [2, 2, 2, 0, 0, 0]), ("Adam", [4, 0, 0])],
            [(3, [1, 8, 8, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 0])], Rounds: 1, Seconds: 0, FewestRuns: 1, StepsPerRound: 1);
        ComparisonResult result = new Comparison(plan,
            threads => (new FakeSide("ours", threads, 2, order), new FakeSide("theirs", threads, 3, order)), _ => { }).Run(default);
        JsonObject json = result.ToJson();
        Assert.That(json["ops"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(new[]
        {
            "Gemm 2x2x2x0x0x0 forward 1", "Gemm 2x2x2x0x0x0 backward 1", "Adam 4x0x0 forward 1", "Gemm 2x2x2x0x0x0 forward 2",
            "Gemm 2x2x2x0x0x0 backward 2", "Adam 4x0x0 forward 2",
        }));
        Assert.That(json["ops"]!.AsObject().Concat(json["step"]!.AsObject()).Concat(json["forecast"]!.AsObject())
            .Select(pair => (double)pair.Value!), Is.All.EqualTo(1.5));
        Assert.That(json["step"]!.AsObject().Select(pair => pair.Key),
            Is.EqualTo(new[] { "text-conditioned autoencoder 1", "text-conditioned autoencoder 2" }));
        Assert.That((double)json["memory"]!["text-conditioned autoencoder 1"]!, Is.EqualTo(1.5));
        Assert.That((double)json["forecasts"]![0]!["oursMs"]!, Is.EqualTo(3 * (2 + 2)));
        Assert.That(result.Steps[0].OurAdded, Is.EqualTo(200 - 100));
        // Ours, theirs, ours, theirs; a turn of each before them.
        Assert.That(order.Where(one => one.EndsWith("step 1", StringComparison.Ordinal)),
            Is.EqualTo(Enumerable.Repeat(new[] { "ours step 1", "theirs step 1" }, 2).SelectMany(turn => turn)));
    }

    [Test]
    public void A_side_with_other_threads_is_refused()
    {
        var plan = new ComparisonPlan([2], [], [("Adam", [4, 0, 0])], [], 1, 0, 1, 1);
        Assert.That(() => new Comparison(plan, _ => (new FakeSide("ours", 2, 1, []), new FakeSide("theirs", 1, 1, [])),
            _ => { }).Run(default),
            Throws.TypeOf<SideFailedException>().With.Message.Contains("theirs runs 1 threads, not the 2"));
    }

    [Test]
    public void Without_a_peer_the_reason_is_told()
    {
        CommandRun none = Run("compare", "--quick", "--op", "Gemm", "--python", "/nonexistent/python3");
        Assert.That(none.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(none.Error, Does.Contain("/nonexistent/python3").And.Contain("cannot be started"));
        Assert.That(none.Output, Is.Empty);
    }

    // With PyTorch on the machine both sides run; without, the line says what to install.
    [Test]
    public void A_quick_comparison_gives_the_documented_keys_or_says_what_is_missing()
    {
        CommandRun run = Run("compare", "--quick", "--op", "Gemm", "--part", "ops", "--part", "step", "--json");
        if (run.Code != ExitCode.Ok)
        {
            TestContext.Out.WriteLine(run.Error);
            Assert.That(run.Error, Does.Contain("cannot be started").Or.Contain("apt-get install python3-torch"));
            return;
        }

        Assert.That(run.Json.AsObject().Select(pair => pair.Key), Is.EqualTo(Keys));
        Assert.That(run.Json["ops"]!.AsObject().Select(pair => (double)pair.Value!), Has.Exactly(2).GreaterThan(0));
        Assert.That((double)run.Json["step"]!["text-conditioned autoencoder 1"]!, Is.GreaterThan(0));
    }

    [Test]
    public void The_convolutions_of_the_u_net_are_all_there() =>
        Assert.That(UNetConvolutions.All.Sum(one => one.Count), Is.EqualTo(37));

    static CommandRun Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(new PerfCommand(), arguments, output, error, default);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    sealed class FakeSide(string name, int threads, double ms, List<string> order) : ISide
    {
        int steps;

        public JsonObject Ask(JsonObject request)
        {
            string what = (string)request["do"]!;
            order.Add($"{name} {what} {threads}");
            steps += what == "step" ? 1 : 0;
            return what switch
            {
                "hello" => new JsonObject { ["name"] = name, ["threads"] = threads, ["note"] = "" },
                "op" =>
                new JsonObject
                {
                    ["forward"] = new JsonArray(ms, ms + 50, ms - 1),
                    ["backward"] = (string)request["op"]! == "Adam" ? null : new JsonArray(ms)
                },
                "step" => new JsonObject { ["ms"] = new JsonArray(steps == 1 ? ms * ms : ms), ["loss"] = 1 },
                _ => new JsonObject { ["now"] = (long)(50 * ms), ["peak"] = (long)((steps > 0 ? 100 : 50) * ms) },
            };
        }

        public void Dispose()
        {
        }
    }
}
