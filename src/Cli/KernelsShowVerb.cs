using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Gpu.Frontend;

namespace Dalle2.Cli;

/// <summary><c>kernels show</c>: one op's kernels as the compiler sees them.</summary>
sealed class KernelsShowVerb : Verb
{
    static readonly string[] Targets = ["il", "ir"];

    readonly Argument<string> name = new("OP") { Description = "An op (LayerNorm's kernels are GroupNorm's), or one of its kernels: Gemm, Lstm.Backward." };
    readonly Option<string> target = VerbOptions.Text("--target", "T", "ir", "il: the kernel's intermediate language; ir: the compiler's SSA form after all passes, everything inlined.");

    public KernelsShowVerb()
        : base("show", "Show what the compiler makes of an op's kernels.")
    {
        Arguments.Add(name);
        Options.Add(target);
    }

    public override IReadOnlyList<string> Examples => ["dalle2 kernels show Bias", "dalle2 kernels show Lstm.Backward --target il"];

    public override IReadOnlyList<string> Notes => ["JSON: [{op, kernel, target, text}]."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string chosen = Known.Require("target", arguments.GetRequiredValue(target), Targets);
        string wanted = Known.Require("kernel", arguments.GetRequiredValue(name),
            KernelCatalogue.All.SelectMany(kernel => new[] { kernel.Op, $"{kernel.Op}.{kernel.Name}" }).Distinct());
        var shown = KernelCatalogue.All.Where(kernel => kernel.Op == wanted || $"{kernel.Op}.{kernel.Name}" == wanted)
            .Select(kernel => (kernel.Op, kernel.Name, Text: chosen == "il" ? KernelText.Il(kernel.Method) : KernelText.Ir(kernel.Method)))
            .ToArray();
        terminal.Result(
            () => new JsonArray([.. shown.Select(kernel => new JsonObject
            {
                ["op"] = kernel.Op,
                ["kernel"] = kernel.Name,
                ["target"] = chosen,
                ["text"] = kernel.Text,
            })]),
            text =>
            {
                foreach (var kernel in shown)
                {
                    text.Line($"{kernel.Op}.{kernel.Name}");
                    text.Line(kernel.Text);
                }
            });
        return ExitCode.Ok;
    }
}
