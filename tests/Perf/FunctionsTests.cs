using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Ops;
using Dalle2.Perf;
using Dalle2.Tests.Cli;

namespace Dalle2.Tests.Perf;

public class FunctionsTests
{
    [Test]
    public void Some_of_all_floats_are_measured_for_each_function_that_is_asked_for()
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(new PerfCommand(),
            ["functions", "--function", "Log1p", "--function", "Sigmoid", "--every", "512", "--json"], output, error, default);
        Assert.That(code, Is.EqualTo(ExitCode.Ok), error.ToString());
        JsonArray functions = new CommandRun(code, output.ToString(), error.ToString()).Json["functions"]!.AsArray();
        Assert.That(functions.Select(one => (string)one!["function"]!), Is.EqualTo(new[] { "Log1p", "Sigmoid" }));
        foreach (JsonNode? one in functions)
        {
            FunctionCase function = FunctionCase.All.First(f => f.Name == (string)one!["function"]!);
            Assert.That((double)one!["ulp"]!, Is.InRange(0, function.Bound), function.Name);
            Assert.That((double)one["nanoseconds"]!, Is.Positive);
        }
    }
}
