using System.Text.Json.Nodes;
using Dalle2.Cli;

namespace Dalle2.Tests.Cli;

/// <summary>What a command line came to.</summary>
sealed record CommandRun(int Code, string Output, string Error)
{
    /// <summary>A training of a few steps of each stage.</summary>
    public static readonly string[] FewSteps = ["--preset", "tiny", "--set", "samples=64", "batch=8", "textSteps=3", "imageSteps=3",
        "jointSteps=3", "decoderSteps=3", "fineTuneSteps=3", "checkpointEvery=2"];

    public static CommandRun Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    public static CommandRun Of(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = Application.Run(arguments, output, error, cancellation);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The whole of standard output as one document; throws when anything else stands there.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Asserts that it went well, and shows what it said if not.</summary>
    public CommandRun Succeeded()
    {
        Assert.That(Code, Is.EqualTo(ExitCode.Ok), Error);
        return this;
    }

    /// <summary>Asserts wrong usage: nothing on standard output, one fault with these parts.</summary>
    public void IsUsageFault(params string[] parts) => IsFault(ExitCode.Usage, parts);

    public void IsFault(int code, params string[] parts)
    {
        Assert.That(Code, Is.EqualTo(code), Error);
        Assert.That(Output, Is.Empty);
        Assert.That(Error, Does.Contain("dalle2: ").And.Not.Contain("   at Dalle2"));
        foreach (string part in parts)
            Assert.That(Error, Does.Contain(part));
    }
}
