using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Data;
using Dalle2.Data.Pictures;

namespace Dalle2.Perf;

/// <summary><c>mutate</c>: many damaged pictures of one format against the decoder.</summary>
sealed class MutateVerb : Verb
{
    const double SlowSeconds = 2;

    readonly Argument<string> files = new("FOLDER") { Description = "A folder with sound pictures, such as tests/Data/Fixtures." };
    readonly Option<string> format = VerbOptions.Text("--format", "NAME", "png",
        "The pictures whose names end so: png, jpg, webp, gif, bmp, tif, tga, p?m.");
    readonly Option<int> count = VerbOptions.Count("--count", 100_000, 1, int.MaxValue, "Damaged files.");
    readonly Option<int> first = VerbOptions.Count("--first", 0, 0, int.MaxValue, "Damaged files that are passed over, to see one again.");
    readonly Option<ulong> seed = VerbOptions.Seed("Decides the damage.");
    readonly Option<bool> inside = VerbOptions.Flag("--inside", "Change what is behind the compression and pack it again; PNG only.");
    readonly Option<int?> maxPixels = VerbOptions.MaxPixels();
    readonly Option<string> output = VerbOptions.Text("--out", "DIR", Path.Combine("artifacts", "mutate"),
        "Where files go that break the decoder.");

    public MutateVerb()
        : base("mutate", "Decode damaged pictures: what is thrown, what takes longer than two seconds, how much memory is used at most.")
    {
        Arguments.Add(files);
        foreach (Option option in new Option[] { format, count, first, seed, inside, maxPixels, output })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["perf/mutate tests/Data/Fixtures --format tif --count 1000"];

    public override IReadOnlyList<string> Notes => ["A file that has not ended after a minute is saved and ends the program. JSON: "
        + "{format, files, decoded, refused, escaped, slow, slowestSeconds, peakBytes, seconds}."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string folder = arguments.GetRequiredValue(files), ending = arguments.GetRequiredValue(format),
            target = arguments.GetRequiredValue(output);
        byte[][] sound = [.. Directory.EnumerateFiles(folder, "*." + ending).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        if (sound.Length == 0)
            throw new UserInputException($"{folder}: has no file *.{ending}");
        if (arguments.GetValue(inside) && ending != "png")
            throw new UserInputException($"--inside changes PNG alone, and --format is {ending}");
        long limit = arguments.GetValue(maxPixels) ?? PictureDecoder.DefaultMaxPixels;
        var mutations = new PictureMutations(sound, (int)arguments.GetValue(seed), arguments.GetValue(inside));
        int decoded = 0, refused = 0, escaped = 0, slow = 0, number = 0;
        byte[] current = [];
        double slowest = 0;
        string Save(string why)
        {
            string path = Path.Combine(target, $"{ending.Replace('?', '_')}-{number}-{why}");
            AtomicFile.Write(path, current);
            return path;
        }

        var clock = new Stopwatch();
        using var watch = new Timer(
            _ =>
            {
                if (clock.Elapsed.TotalSeconds > 60)
                    Environment.FailFast($"hangs: {Save("hang")}");
            },
            null, 1000, 1000);
        var whole = Stopwatch.StartNew();
        for (number = 0; number < arguments.GetValue(count); number++)
        {
            terminal.Cancellation.ThrowIfCancellationRequested();
            current = mutations.Next();
            if (number < arguments.GetValue(first))
                continue;
            clock.Restart();
            try
            {
                PictureDecoder.Decode(current, limit);
                decoded++;
            }
            catch (ImageFormatException)
            {
                refused++;
            }
#pragma warning disable CA1031 // Whatever else comes out is what is looked for.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                escaped++;
                terminal.Notice($"{Save(fault.GetType().Name)}: {fault.Message}");
            }

            double seconds = clock.Elapsed.TotalSeconds;
            slowest = Math.Max(slowest, seconds);
            if (seconds > SlowSeconds)
            {
                slow++;
                terminal.Notice($"{Save("slow")}: {seconds:F1} s");
            }
        }

        clock.Reset();
        long peak = Process.GetCurrentProcess().PeakWorkingSet64;
        terminal.Result(
            () => new JsonObject
            {
                ["format"] = ending,
                ["files"] = number,
                ["decoded"] = decoded,
                ["refused"] = refused,
                ["escaped"] = escaped,
                ["slow"] = slow,
                ["slowestSeconds"] = Math.Round(slowest, 3),
                ["peakBytes"] = peak,
                ["seconds"] = Math.Round(whole.Elapsed.TotalSeconds, 1),
            },
            text => text.Line($"{ending}: {number} files, {decoded} decoded, {refused} refused, {escaped} escaped, {slow} over "
            + $"{SlowSeconds} s (slowest {slowest:F2} s), {peak / 1e6:F0} MB at most, {whole.Elapsed.TotalSeconds:F0} s"));
        return escaped + slow == 0 ? ExitCode.Ok : terminal.Fail($"{escaped} exceptions escaped and {slow} files were slow; see {target}");
    }
}
