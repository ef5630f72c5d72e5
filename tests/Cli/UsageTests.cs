using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Tests.Cli;

public class UsageTests
{
    static readonly string[][] Verbs = [["devices"], ["demo"], ["data", "list"], ["data", "get"], ["data", "inspect"], ["data", "convert"],
        ["train"], ["generate"], ["variations"], ["interpolate"], ["edit"], ["inpaint"], ["eval"], ["export"], ["serve"],
        ["gradcheck"], ["bench"], ["profile"], ["kernels", "list"], ["kernels", "show"], ["ranks"]];

    [TestCaseSource(nameof(Verbs))]
    public void Help_shows_every_option_and_an_example(string[] verb)
    {
        CommandRun help = CommandRun.Of([.. verb, "--help"]).Succeeded();
        Assert.That(help.Output, Does.Contain($"Usage: dalle2 {string.Join(' ', verb)}").And.Contain("--json").And.Contain(
            "Example").And.Contain("JSON: "));
        Assert.That(help.Error, Is.Empty);
    }

    // A default that the page does not print is one that nobody finds: each option with a value says [default: ...] or that there is none to say.
    [TestCaseSource(nameof(Verbs))]
    public void Help_shows_every_default(string[] verb)
    {
        string page = CommandRun.Of([.. verb, "--help"]).Output.ReplaceLineEndings("\n");
        string options = page[page.IndexOf("Options:", StringComparison.Ordinal)..].Split("\n\n")[0];
        foreach (string option in options.Split("\n  --").Skip(1)
            .Where(option => option.Split("  ")[0].Contains(' ') && !option.StartsWith("set ", StringComparison.Ordinal)))
        {
            Assert.That(option, Does.Contain("efault"), option);
        }
    }

    [Test]
    public void Nothing_given_shows_the_verbs_and_is_wrong_usage()
    {
        CommandRun run = CommandRun.Of();
        Assert.That(run.Code, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.Contain("train").And.Contain("generate").And.Contain("dalle2 demo"));
        Assert.That(CommandRun.Of("--help").Succeeded().Output, Is.EqualTo(run.Error));
        Assert.That(CommandRun.Of("data").Code, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void Version_is_one_line() =>
    Assert.That(CommandRun.Of("--version").Succeeded().Output, Does.Match(@"^dalle2 \d+\.\d+\.\d+\r?\n$"));

    [TestCase("trian", "train")]
    [TestCase("devcies", "devices")]
    [TestCase("gen", "generate")]
    public void Unknown_verb_names_the_nearest(string given, string meant) => CommandRun.Of(given).IsUsageFault($"'{given}'", meant);

    [Test]
    public void Unknown_verb_of_data_names_the_nearest() => CommandRun.Of("data", "inspct").IsUsageFault("'inspct'", "inspect");

    [Test]
    public void Unknown_flag_names_the_nearest()
    {
        CommandRun.Of("devices", "--jsno").IsUsageFault("'--jsno'", "--json");
        CommandRun.Of("train", "--presett=tiny").IsUsageFault("'--presett'", "--preset");
    }

    [Test]
    public void A_mistyped_flag_is_not_a_prompt() =>
    CommandRun.Of("generate", "run", "a star", "--coutn", "4").IsUsageFault("'--coutn'", "--count");

    [TestCase("gradcheck", "--device", "cpuu", "cpu")]
    [TestCase("train", "--device", "refrence", "reference")]
    [TestCase("demo", "--device", "cp", "cpu")]
    [TestCase("train", "--preset", "tyni", "tiny")]
    [TestCase("train", "--stage", "decodre", "decoder")]
    [TestCase("train", "--data", "shaeps", "shapes")]
    [TestCase("train", "--model", "clasic", "classic")]
    [TestCase("train", "--set", "learningrat=1", "learningRate")]
    [TestCase("gradcheck", "--op", "Con2d", "Conv2d")]
    [TestCase("gradcheck", "--op", "lstm", "Lstm")]
    public void Unknown_name_names_the_nearest(string verb, string option, string given, string meant) =>
        CommandRun.Of(verb, option, given).IsUsageFault(given.Split('=')[0], meant);

    [Test]
    public void Unknown_data_set_to_get_or_inspect_names_the_nearest()
    {
        CommandRun.Of("data", "get", "emojy").IsUsageFault("'emojy'", "emoji");
        CommandRun.Of("data", "inspect", "shaps").IsUsageFault("'shaps'", "shapes");
    }

    [TestCase("generate", "run", "a star", "--count", "0")]
    [TestCase("generate", "run", "a star", "--count", "many")]
    [TestCase("generate", "run", "a star", "--temperature", "NaN")]
    [TestCase("eval", "run", "--seed", "-1")]
    [TestCase("train", "--max-broken", "-1")]
    public void A_number_out_of_range_is_told_with_the_range(params string[] arguments) =>
    CommandRun.Of(arguments).IsUsageFault(arguments[^2], arguments[^1], " from ");

    [Test]
    public void Missing_values_and_arguments_are_told()
    {
        CommandRun.Of("train", "--data").IsUsageFault("--data");
        CommandRun.Of("eval").IsUsageFault("eval --help");
        CommandRun.Of("generate").IsUsageFault("no run");
        CommandRun.Of("generate", "runs/x").IsUsageFault("no prompt");
        CommandRun.Of("devices", "all").IsUsageFault("'all'");
    }

    [TestCase("batch=many")]
    [TestCase("batch")]
    [TestCase("imageSide=30")]
    public void A_bad_setting_is_told(string assignment) =>
    CommandRun.Of("train", "--preset", "tiny", "--set", assignment).IsUsageFault(assignment.Split('=')[0]);

    [Test]
    public void List_settings_has_each_setting_of_each_preset()
    {
        var json = CommandRun.Of("train", "--list-settings", "--json").Succeeded().Json.AsObject();
        Assert.That(json.Select(preset => preset.Key), Is.EqualTo(ModelFamily.Default.Presets.Select(preset => preset.Name)));
        foreach (var (name, settings) in json)
        {
            Assert.That(settings!.AsObject().Select(setting => (setting.Key, (string)setting.Value!)),
                Is.EqualTo(ConfigSettings.Of(ModelFamily.Default.Preset(name))));
        }
    }

    [Test]
    public void A_stack_trace_is_shown_on_demand_only()
    {
        CommandRun.Of("trian").IsUsageFault();
        string? before = Environment.GetEnvironmentVariable("D2_DEBUG");
        Environment.SetEnvironmentVariable("D2_DEBUG", "1");
        try
        {
            Assert.That(CommandRun.Of("trian").Error, Does.Contain("   at Dalle2.Cli."));
            Environment.SetEnvironmentVariable("D2_DEBUG", "loud");
            CommandRun.Of("devices").IsUsageFault("D2_DEBUG=loud", "from 0 to 6");
        }
        finally
        {
            Environment.SetEnvironmentVariable("D2_DEBUG", before);
            Settings.Read();
        }
    }

    [Test]
    public void A_run_that_is_not_there_is_told()
    {
        CommandRun.Of("eval", "no-such-run").IsUsageFault("no-such-run");
        CommandRun.Of("generate", "no-such-run", "a star").IsUsageFault("no-such-run");
        CommandRun.Of("train", "--resume", "--out", "no-such-run").IsUsageFault("no-such-run");
    }
}
