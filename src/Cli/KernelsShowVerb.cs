using System.CommandLine;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Dalle2.Cli;

/// <summary><c>kernels show</c>: one op's kernels as the compiler sees them.</summary>
sealed class KernelsShowVerb : Verb
{
    readonly Argument<string> name = new("OP")
    {
        Description =
        "An op (LayerNorm's kernels are GroupNorm's), or one of its kernels: Gemm, Lstm.Backward, 'Activation.Forward<GELU>'."
    };
    readonly Option<string> target = VerbOptions.Text("--target", "T", "ir",
        "csharp: the kernel as it is written; il: its intermediate language; ir: the compiler's SSA form after all passes, everything "
        + "inlined; simd: the vector code of the device cpu, at this machine's "
        + "width, for groups of 16 threads; opencl: OpenCL C 1.2 as for graphics cards, for groups of 64 threads; ptx: PTX, which NVIDIA's "
        + "driver takes; where there is a card, what registers and memory the driver gives it stands above; ptx:60, ptx:70, ptx:80, ptx:90 "
        + "and ptx:100: for that compute capability and views that begin at multiples of 16 bytes; "
        + "ilgpu-ptx and ilgpu-opencl: what ILGPU's own compilers make of it, for compute capability 8.0 and for OpenCL 2.0; "
        + $"{string.Join(", ", KernelTargets.Names.Where(one => one.StartsWith(KernelTargets.Planned, StringComparison.Ordinal)))}: "
        + "how its launches in the ops' benchmarks would fill that card, by the text and the card's published limits.");

    public KernelsShowVerb()
        : base("show", "Show what the compiler makes of an op's kernels. Needs no device.")
    {
        Arguments.Add(name);
        Options.Add(target);
    }

    public override IReadOnlyList<string> Examples =>
        ["dalle2 kernels show Bias", "dalle2 kernels show Lstm.Backward --target il", "dalle2 kernels show Gemm.Tile --target simd",
        "dalle2 kernels show 'Activation.Forward<GELU>' --target ptx", "dalle2 kernels show Bias --target ilgpu-ptx",
        "dalle2 kernels show Gemm --target plan:h100"];

    public override IReadOnlyList<string> Notes =>
        ["A generic kernel is shown for each struct that it takes; name one as in the list, or all of them by the name alone.",
        "JSON: [{op, kernel, target, text}]."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        string chosen = Known.Require("target", arguments.GetRequiredValue(target), KernelTargets.Names);
        var kernels = KernelCatalog.Find(arguments.GetRequiredValue(name));
        Func<MethodInfo, string> print = KernelTargets.Printer(chosen, [.. kernels.Select(kernel => kernel.Method)]);
        var shown = kernels.Select(kernel => (kernel.Op, kernel.Name, Text: print(kernel.Method))).ToArray();
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
