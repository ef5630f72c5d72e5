using System.Text.Json.Nodes;
using Dalle2.Ops;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary>Runs the same work on both sides in alternation, ours first, and keeps every run's time.</summary>
/// <param name="plan">What is compared.</param>
/// <param name="open">Opens both sides with a number of threads.</param>
/// <param name="notice">Hears what happens.</param>
sealed class Comparison(ComparisonPlan plan, Func<int, (ISide Ours, ISide Theirs)> open, Action<string> notice)
{
    readonly ComparisonResult result = new();

    /// <summary>Compares at each number of threads: each step with both sides' processes started afresh, so that its memory is its own, then ops and convolutions.</summary>
    /// <exception cref="SideFailedException">A side cannot be had, or fails.</exception>
    public ComparisonResult Run(CancellationToken cancellation)
    {
        foreach (int threads in plan.Threads)
        {
            foreach (ComparedModel model in plan.Steps)
            {
                cancellation.ThrowIfCancellationRequested();
                With(threads, sides => CompareStep(sides, threads, model));
            }

            if (plan.Ops.Count == 0 && plan.Forecast.Count == 0)
                continue;
            With(threads, sides =>
            {
                foreach (var (op, shape) in plan.Ops)
                {
                    cancellation.ThrowIfCancellationRequested();
                    foreach (ComparedPass row in CompareOp(sides, threads, op, shape))
                    {
                        result.Ops.Add(row);
                        notice(row.ToString());
                    }
                }

                CompareForecast(sides, threads, cancellation);
            });
        }

        return result;
    }

    void With(int threads, Action<ISide[]> compare)
    {
        var (ours, theirs) = open(threads);
        using (ours)
        using (theirs)
        {
            ISide[] sides = [ours, theirs];
            Greet(sides, threads);
            compare(sides);
        }
    }

    void Greet(ISide[] sides, int threads)
    {
        JsonObject[] greetings = [.. sides.Select(side => side.Ask(new JsonObject { ["do"] = "hello" }))];
        (result.Ours, result.Theirs) = ((string)greetings[0]["name"]!, (string)greetings[1]["name"]!);
        foreach (JsonObject greeting in greetings)
        {
            if ((int)greeting["threads"]! != threads)
            {
                throw new SideFailedException(
                    $"{greeting["name"]} runs {greeting["threads"]} threads, not the {threads} that it was asked for");
            }

            if ((string)greeting["note"]! is { Length: > 0 } note && result.Notes.Add(note))
                notice(note);
        }
    }

    void CompareStep(ISide[] sides, int threads, ComparedModel model)
    {
        long[] before = [.. sides.Select(side => (long)side.Ask(new JsonObject { ["do"] = "memory" })["now"]!)];
        List<double>[] times = [[], []];
        // A turn of each that does not count: the host's code is optimized once it has run for a while.
        for (int round = -1; round < plan.Rounds; round++)
        {
            for (int side = 0; side < 2; side++)
            {
                var request = new JsonObject
                {
                    ["do"] = "step",
                    ["model"] = model.Request.DeepClone(),
                    ["steps"] = plan.StepsPerRound
                };
                IEnumerable<double> taken = Numbers(sides[side].Ask(request)["ms"]!);
                if (round >= 0)
                    times[side].AddRange(taken);
            }
        }

        long[] peak = [.. sides.Select(side => (long)side.Ask(new JsonObject { ["do"] = "memory" })["peak"]!)];
        var row = new ComparedStep(model.Name, threads, times[0].Median(), times[1].Median(), peak[0], peak[1], peak[0] - before[0],
            peak[1] - before[1]);
        result.Steps.Add(row);
        notice(row.ToString());
    }

    void CompareForecast(ISide[] sides, int threads, CancellationToken cancellation)
    {
        var rows = new List<(int Count, ComparedPass Pass)>();
        foreach (var (count, shape) in plan.Forecast)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ComparedPass row in CompareOp(sides, threads, "Conv2d", shape))
            {
                rows.Add((count, row));
                notice($"{count} x {row}");
            }
        }

        if (rows.Count > 0)
            result.Forecasts.Add(new ComparedForecast(threads, rows));
    }

    List<ComparedPass> CompareOp(ISide[] sides, int threads, string op, int[] shape)
    {
        List<double>[] forward = [[], []], backward = [[], []];
        for (int round = 0; round < plan.Rounds; round++)
        {
            for (int side = 0; side < 2; side++)
            {
                JsonObject answer = sides[side].Ask(new JsonObject
                {
                    ["do"] = "op",
                    ["op"] = op,
                    ["shape"] = new JsonArray([.. shape.Select(n => (JsonNode)n)]),
                    ["seconds"] = plan.Seconds,
                    ["fewest"] = plan.FewestRuns,
                });
                if ((string?)answer["unsupported"] is { } why)
                {
                    if (result.Notes.Add(why))
                        notice(why);
                    return [];
                }

                forward[side].AddRange(Numbers(answer["forward"]!));
                if (answer["backward"] is { } times)
                    backward[side].AddRange(Numbers(times));
            }
        }

        OpCase one = OpCase.Create(OpCase.All.First(type => OpCase.NameOf(type) == op));
        List<ComparedPass> rows = [new(op, shape, "forward", threads, forward[0].Median(), forward[1].Median(), one.Cost(shape).Flops)];
        if (backward.All(times => times.Count > 0))
            rows.Add(new(op, shape, "backward", threads, backward[0].Median(), backward[1].Median(), one.BackwardCost(shape).Flops));
        return rows;
    }

    static IEnumerable<double> Numbers(JsonNode array) => array.AsArray().Select(n => (double)n!);
}
