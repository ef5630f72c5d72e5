using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;

namespace Dalle2.Tests.Cli;

public class DevicesTests
{
    [Test]
    public void Json_has_the_documented_keys()
    {
        JsonArray devices = CommandRun.Of("devices", "--json").Succeeded().Json.AsArray();
        Assert.That(devices.Select(device => (string)device!["name"]!),
            Is.SupersetOf(new[] { "reference", "cpu", "cpu:128", "cpu:256", "cpu:512" }));
        foreach (JsonNode? device in devices)
        {
            Assert.That(device!.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "name", "kind", "available", "reason" }));
            Assert.That((bool)device["available"]! || ((string)device["reason"]!).Length > 0);
        }
    }

    [Test]
    public void Text_names_each_device() =>
    Assert.That(CommandRun.Of("devices").Succeeded().Output, Does.Contain("reference").And.Contain("cpu"));

    [Test]
    public void The_program_itself_answers()
    {
        using Process process = Start("devices", "--json");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Ok));
        Assert.That(JsonNode.Parse(output)!.AsArray(), Is.Not.Empty);
    }

    [Test]
    [Platform("Linux")]
    public void A_full_disk_behind_standard_output_is_a_failure()
    {
        using var full = new StreamWriter(new FileStream("/dev/full", FileMode.Open, FileAccess.Write));
        using var error = new StringWriter();
        Assert.That(Application.Run(["devices"], full, error), Is.EqualTo(ExitCode.Failed));
        Assert.That(error.ToString(), Does.StartWith("dalle2: ").And.Contain("space"));
        // What is left in its buffer cannot be written when it is closed either.
        Assert.That(full.Dispose, Throws.InstanceOf<IOException>());
    }

    internal static Process Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    internal static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Application).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
