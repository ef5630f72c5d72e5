using Dalle2.Cli;
using Dalle2.Perf;
using Dalle2.Tests.Cli;

namespace Dalle2.Tests.Perf;

public class ScaleTests
{
    [Test]
    public void The_exponent_of_a_power_is_found()
    {
        Assert.That(ScaleSeries.Exponent([(1, 3), (2, 3 * Math.Pow(2, 1.7)), (5, 3 * Math.Pow(5, 1.7))]), Is.EqualTo(1.7).Within(1e-9));
        Assert.That(ScaleSeries.Exponent([(4, 1)]), Is.NaN);
    }

    [Test]
    public void A_quick_run_measures_each_axis_twice_and_draws_it()
    {
        string folder = Directory.CreateTempSubdirectory("dalle2-scale").FullName;
        try
        {
            string table = Path.Combine(folder, "scale.md");
            using StringWriter output = new(), error = new();
            int code = Application.Run(new PerfCommand(),
                ["scale", "--quick", "--axis", "batch", "--axis", "words", "--threads", "1", "--out", table, "--json"], output, error,
                default);
            Assert.That(code, Is.EqualTo(ExitCode.Ok), error.ToString());
            CommandRun run = new(code, output.ToString(), error.ToString());
            Assert.That(run.Json["axes"]!.AsArray().Select(one => ((string)one!["axis"]!, one["points"]!.AsArray().Count)),
                Is.EqualTo(new[] { ("batch", 2), ("words", 2) }));
            Assert.That(File.ReadAllText(table), Does.Contain("(scale.svg)").And.Contain("| batch | 4 |"));
            Assert.That(File.ReadAllText(Path.ChangeExtension(table, ".svg")), Does.StartWith("<svg").And.Contain("polyline"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
