using Dalle2.Cli.Studio;
using Dalle2.Tests.Cli;
using Dalle2.Tests.Data;

namespace Dalle2.Tests.Studio;

/// <summary>Two small runs, which all tests of the studio look at: <c>classic</c> and <c>unclip</c>.</summary>
[SetUpFixture]
public class StudioRuns
{
    static TemporaryFolder? folder;

    /// <summary>The folder of runs.</summary>
    public static string Folder => folder!.Path;

    /// <summary>Settings of trainings that take seconds.</summary>
    public static IReadOnlyList<string> FewUnclipSteps { get; } =
        ["--model", "unclip", "--preset", "tiny", "--set", "samples=64", "batch=8", "clipSteps=3", "priorSteps=3", "decoderSteps=3"];

    [OneTimeSetUp]
    public void Train()
    {
        folder = new TemporaryFolder();
        CommandRun.Of(["train", "--data", "shapes", "--out", folder["classic"], .. CommandRun.FewSteps]).Succeeded();
        CommandRun.Of(["train", "--data", "shapes", "--out", folder["unclip"], .. FewUnclipSteps]).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => folder?.Dispose();

    /// <summary>Opens a studio over them, at a free port of this machine.</summary>
    internal static StudioServer Open(string? runs = null, string host = "127.0.0.1", string? token = null, params string[] data) =>
        StudioServer.Start(new StudioOptions(runs ?? Folder, host, 0, "cpu", 1, StudioOptions.Offer(data), token));
}
