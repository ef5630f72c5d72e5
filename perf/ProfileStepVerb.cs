using System.CommandLine;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;
using Dalle2.Ops;

namespace Dalle2.Perf;

/// <summary><c>profile</c>: where the time of the step goes that 'compare' compares.</summary>
sealed class ProfileStepVerb : Verb
{
    const double RooflineSeconds = 0.1;
    // So many calls .NET wants before it optimizes a method of the host.
    const int Warmup = 30;

    readonly Option<int> batch = VerbOptions.Count("--batch", new TextVaeSize().Batch, 1, 65536, "Pictures.");
    readonly Option<int> steps = VerbOptions.Count("--steps", 10, 1, 100_000, "Steps that are profiled.");
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> threads = VerbOptions.Threads();
    readonly Option<string?> trace = VerbOptions.OptionalText("--trace", "FILE",
        "Write each launch and copy as Chrome trace JSON, which ui.perfetto.dev opens. [default: none]");
    readonly Option<string?> output = VerbOptions.OptionalText("--out", "FILE",
        "Save the profile, for 'dalle2 profile --compare'. [default: nowhere]");

    public ProfileStepVerb()
        : base("profile", "Show where the time of the text-conditioned autoencoder's training step goes.")
    {
        foreach (Option option in new Option[] { batch, steps, device, threads, trace, output })
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples => ["perf/profile --threads 1", "perf/profile --batch 8 --trace trace.json"];

    public override IReadOnlyList<string> Notes =>
        ["The rows, the files and the JSON are those of 'dalle2 profile'; the whole step is one part of the host."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads));
        var size = new TextVaeSize(arguments.GetValue(batch));
        using var model = new TextVae(opened, size);
        var (profile, events) = Profile.Measure(
            opened, Roofline.Measure(opened, RooflineSeconds), $"text-conditioned autoencoder, batch {size.Batch}", Warmup,
            arguments.GetValue(steps),
            (profiler, _) =>
            {
                profiler.Begin("training step");
                model.Step();
                profiler.End();
            });
        return ProfileVerb.Give(profile, events, arguments.GetValue(output), arguments.GetValue(trace), terminal);
    }
}
