using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;
using MathNet.Numerics.Statistics;

namespace Dalle2.Perf;

/// <summary><c>functions</c>: the error of the elementary functions over every float, and their speed.</summary>
sealed class FunctionsVerb : Verb
{
    const int Chunk = 1 << 22;
    const int TimedElements = 1 << 14;
    const int Repetitions = 64;

    readonly Option<string[]> function = new("--function")
    {
        Description =
        $"One function alone: {string.Join(", ", FunctionCase.All.Select(f => f.Name))}; may be given several times. Default: all.",
        HelpName = "NAME"
    };
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> every = VerbOptions.Count("--every", 1, 1, 1024,
        "Measure one of so many runs of 4,194,304 neighboring floats; 1 for every float there is.");

    public FunctionsVerb()
        : base("functions",
        "Measure the largest error of exp, log, tanh, sigmoid, erf and their like over all floats, and how long they take.")
    {
        foreach (Option option in new Option[] { function, device, every })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["perf/functions", "perf/functions --function Exp --function Tanh --every 16"];

    public override IReadOnlyList<string> Notes =>
    [
        "Each function is computed on the device, and compared on all of the host's processors with its definition in double precision. An "
        + "error is in units in the last place of a float of the right "
        + "result's size. The time is of one thread, over 16,384 elements in the cache, read and written; the median of many launches.",
        "JSON: {machine, date, command, device, functions:[{function, ulp, at, value, nanoseconds}]}.",
    ];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string name = Known.Device(arguments.GetRequiredValue(device));
        FunctionCase[] cases = arguments.GetValue(function) is { Length: > 0 } given
            ? [.. given.Select(one => FunctionCase.All.First(f => f.Name
            == Known.Require("function", one, FunctionCase.All.Select(f => f.Name))))]
            : [.. FunctionCase.All];
        var header = new ResultHeader($"perf/functions {string.Join(' ', arguments.Tokens.Skip(1).Select(token => token.Value))}".TrimEnd(
            ));
        var rows = new List<(FunctionCase Case, WorstError Worst, double Nanoseconds)>();
        using (Device one = Known.OpenDevice(name, 1), all = Known.OpenDevice(name, 0))
        {
            foreach (FunctionCase measured in cases)
            {
                double nanoseconds = Time(one, measured);
                WorstError worst = Search(all, measured, arguments.GetValue(every), terminal.Cancellation);
                rows.Add((measured, worst, nanoseconds));
                terminal.Notice($"{measured.Name}: {worst.Ulp.ToString("F4", CultureInfo.InvariantCulture)} ulp at {Show(worst.At)}, "
                    + $"{nanoseconds.ToString("F3", CultureInfo.InvariantCulture)} ns");
            }
        }

        terminal.Result(
            () =>
            {
                JsonObject document = header.ToJson();
                document["device"] = name;
                document["functions"] = new JsonArray([.. rows.Select(row => new JsonObject
                {
                    ["function"] = row.Case.Name, ["ulp"] = row.Worst.Ulp, ["at"] = row.Worst.At, ["value"] = row.Worst.Value,
                    ["nanoseconds"] = row.Nanoseconds,
                })]);
                return document;
            },
            text =>
            {
                foreach (string line in header.Lines)
                    text.Line(line);
                text.Table(
                    ["function", "worst ulp", "at", "value", "ns an element"],
                    [.. rows.Select(row => (string[])
                    [
                        row.Case.Name, row.Worst.Ulp.ToString("F4", CultureInfo.InvariantCulture), Show(row.Worst.At),
                        Show(row.Worst.Value),
                        row.Nanoseconds.ToString("F3", CultureInfo.InvariantCulture),
                    ])]);
            });
        return ExitCode.Ok;
    }

    static string Show(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    static WorstError Search(Device device, FunctionCase measured, int every, CancellationToken cancellation)
    {
        using Buffer<float> buffer = device.Allocate<float>(Chunk);
        float[] values = new float[Chunk];
        var worst = new WorstError(0, 0, 0);
        for (ulong first = 0; first <= uint.MaxValue; first += (ulong)Chunk * (ulong)every)
        {
            cancellation.ThrowIfCancellationRequested();
            uint start = (uint)first;
            measured.LaunchOverBits(device.Stream, start, buffer.View);
            device.Stream.Read(buffer.View, values);
            const int Part = Chunk / 64;
            WorstError[] parts = new WorstError[Chunk / Part];
            Parallel.For(0, parts.Length, part => parts[part] = Worst(measured, start, values, part * Part, Part));
            foreach (WorstError part in parts)
                worst = part.Ulp > worst.Ulp ? part : worst;
        }

        return worst;
    }

    static WorstError Worst(FunctionCase measured, uint start, float[] values, int from, int count)
    {
        var worst = new WorstError(0, 0, 0);
        for (int i = from; i < from + count; i++)
        {
            float x = BitConverter.UInt32BitsToSingle(start + (uint)i);
            if (measured.IsDefined(x) && measured.Error(x, values[i]) is var error && error > worst.Ulp)
                worst = new WorstError(error, x, values[i]);
        }

        return worst;
    }

    // Nanoseconds an element. Few elements take some microseconds, so that many launches are timed together.
    static double Time(Device device, FunctionCase measured)
    {
        using Buffer<float> x = device.Allocate<float>(TimedElements), y = device.Allocate<float>(TimedElements);
        float low = Math.Max(measured.Low, measured.Name == "Log" ? 0 : -8), high = Math.Min(measured.High, 8);
        device.Stream.Write<float>([.. Enumerable.Range(0, TimedElements).Select(i => low + (high - low) * (i + 1) / TimedElements)],
            x.View);
        var samples = new List<double>();
        float[] one = new float[1];
        for (int run = -3; run < 50; run++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int r = 0; r < Repetitions; r++)
                measured.LaunchOver(device.Stream, x.View, y.View);
            device.Stream.Read(y.View.SubView(0, 1), one);
            if (run >= 0)
                samples.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / Repetitions / TimedElements);
        }

        return samples.Median();
    }

    readonly record struct WorstError(double Ulp, float At, float Value);
}
