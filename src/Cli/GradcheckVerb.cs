using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Cli;

/// <summary><c>gradcheck</c>: every op's outputs and gradients against its double-precision definition.</summary>
sealed class GradcheckVerb : Verb
{
    const string AllDevices = "all";

    readonly Option<string[]> op = VerbOptions.Ops();
    readonly Option<string> device = VerbOptions.Device(
        "Where to compute: one of 'dalle2 devices', or 'all' for each that is available here.");
    readonly Option<int> threads = VerbOptions.Threads();

    public GradcheckVerb()
        : base("gradcheck", "Check every op's outputs and gradients against its double-precision definition.")
    {
        Options.Add(op);
        Options.Add(device);
        Options.Add(threads);
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 gradcheck", "dalle2 gradcheck --op Conv2d --op Lstm --device reference", "dalle2 gradcheck --device all --json"];

    public override IReadOnlyList<string> Notes =>
        ["JSON: {device, passed, ops:[{op, maxRelativeError, passed}]}; with --device all an array of such documents. Exit code 1 when an "
        + "op fails."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        Type[] cases = Known.Ops(arguments.GetValue(op));
        string chosen = arguments.GetRequiredValue(device);
        string[] devices = chosen == AllDevices
            ? [.. Device.All().Where(one => one.Available).Select(one => one.Name)]
            : [Known.Require("device", chosen, Device.All().Select(one => one.Name).Append(AllDevices))];
        var checks = devices.Select(name => (Device: name,
            Results: Check(name, name.StartsWith("cpu", StringComparison.Ordinal) ? arguments.GetValue(threads) : 0, cases))).ToArray();
        terminal.Result(
            () => chosen == AllDevices ? new JsonArray([.. checks.Select(check => ToJson(check.Device, check.Results))])
            : ToJson(checks[0].Device, checks[0].Results),
            text =>
            {
                foreach (var (name, results) in checks)
                {
                    text.Line(
                        $"On {name}, against the definition in double precision, at "
                        + $"{results.Sum(result => OpCase.Create(CaseOf(result)).Shapes.Length)} shapes:");
                    text.Table(["op", ">largest relative error", ">allowed", "result", "where"], results.Select(result => (string[])
                    [
                        result.Op, Show(result.MaxRelativeError), Show(OpCase.Create(CaseOf(result)).Tolerance),
                        result.Passed ? "passed" : "FAILED", result.Where,
                    ]));
                }
            });
        string[] failures = [.. checks.SelectMany(check => check.Results.Where(result => !result.Passed)
            .Select(result => $"{result.Op} on {check.Device} ({result.Where}: {Show(result.MaxRelativeError)})"))];
        return failures.Length == 0
            ? ExitCode.Ok
            : terminal.Fail(
            $"{failures.Length} of {checks.Sum(check => check.Results.Length)} checks failed: {string.Join("; ", failures)}");
    }

    static OpResult[] Check(string name, int threads, Type[] cases)
    {
        using Device opened = Known.OpenDevice(name, threads);
        return [.. cases.Select(one => GradientCheck.Run(one, opened))];
    }

    static Type CaseOf(OpResult result) => OpCase.All.First(one => OpCase.NameOf(one) == result.Op);

    static JsonObject ToJson(string name, OpResult[] results) => new()
    {
        ["device"] = name,
        ["passed"] = results.All(result => result.Passed),
        ["ops"] = new JsonArray([.. results.Select(result => new JsonObject
        {
            ["op"] = result.Op,
            ["maxRelativeError"] = Terminal.Number(result.MaxRelativeError),
            ["passed"] = result.Passed,
        })]),
    };

    static string Show(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
