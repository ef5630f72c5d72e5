using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Tests.Cli;

public class GradcheckTests
{
    [TestCase("cpu")]
    [TestCase("cpu:128")]
    [TestCase("cpu:256")]
    [TestCase("cpu:512")]
    [TestCase("reference")]
    public void One_op_has_the_documented_keys(string device)
    {
        JsonNode json = CommandRun.Of("gradcheck", "--op", "Linear", "--device", device, "--json").Succeeded().Json;
        Assert.That(json.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "device", "passed", "ops" }));
        Assert.That((string)json["device"]!, Is.EqualTo(device));
        Assert.That((bool)json["passed"]!);
        JsonNode op = json["ops"]!.AsArray().Single()!;
        Assert.That(op.AsObject().Select(pair => pair.Key), Is.EqualTo(new[] { "op", "maxRelativeError", "passed" }));
        Assert.That((string)op["op"]!, Is.EqualTo("Linear"));
        Assert.That((double)op["maxRelativeError"]!, Is.GreaterThan(0).And.LessThan(1e-4));
    }

    [Test]
    public void All_devices_give_a_document_each()
    {
        JsonArray json = CommandRun.Of("gradcheck", "--op", "Linear", "--device", "all", "--json").Succeeded().Json.AsArray();
        Assert.That(json.Select(one => (string)one!["device"]!),
            Is.EqualTo(Device.All().Where(device => device.Available).Select(device => device.Name)));
        Assert.That(json, Has.Count.AtLeast(5));
    }

    [Test]
    public void Text_names_the_op_and_its_error() =>
    Assert.That(CommandRun.Of("gradcheck", "--op", "Linear").Succeeded().Output,
    Does.Contain("Linear").And.Contain("passed").And.Match(@"\d\.\de-\d+"));

    // What other processors lack must not be missed: .NET hides it from a program that is told so.
    [TestCase("EnableAVX", "cpu:128")]
    [TestCase("EnableAVX512", "cpu:512")]
    public void Ops_are_right_without_instructions_that_a_processor_may_lack(string instructions, string device)
    {
        using var process = DevicesTests.Start(new Dictionary<string, string> { [$"DOTNET_{instructions}"] = "0" },
            "gradcheck", "--op", "Linear", "--op", "BatchedGemm", "--op", "Softmax", "--device", device);
        string error = process.StandardError.ReadToEnd(), output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Ok), error + output);
    }
}
