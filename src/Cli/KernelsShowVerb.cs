using System.CommandLine;
using System.Reflection;
using System.Text.Json.Nodes;
using Dalle2.Gpu;
using Dalle2.Gpu.Runtime.Cuda;
using Dalle2.Gpu.Runtime.Planning;

namespace Dalle2.Cli;

/// <summary><c>kernels show</c>: one op's kernels as the compiler sees them.</summary>
sealed class KernelsShowVerb : Verb
{
    static readonly (string Name, Func<MethodInfo, string> Text)[] Targets =
    [
        ("il", KernelText.Il),
        ("ir", KernelText.Ir),
        ("simd", kernel => KernelText.Simd(kernel)),
        ("opencl", kernel => KernelText.OpenCl(kernel)),
        ("ptx", kernel => (CardResources.Describe(kernel) is { } resources ? $"// {resources}\n" : "") + KernelText.Ptx(kernel)),
        .. ((int[])[60, 70, 80, 90, 100]).Select(sm =>
        ($"ptx:{sm}", (Func<MethodInfo, string>)(kernel => KernelText.Ptx(kernel, sm, alignedViews: true)))),
        ("ilgpu-ptx", KernelText.IlgpuPtx),
        ("ilgpu-opencl", KernelText.IlgpuOpenCl),
    ];

    // Targets of cards, without their names.
    const string Planned = "plan:";

    readonly Argument<string> name = new("OP")
    {
        Description =
        "An op (LayerNorm's kernels are GroupNorm's), or one of its kernels: Gemm, Lstm.Backward, 'Activation.Forward<GELU>'."
    };
    readonly Option<string> target = VerbOptions.Text("--target", "T", "ir",
        "il: the kernel's intermediate language; ir: the compiler's SSA form after all passes, everything inlined; simd: the vector code "
        + "of the device cpu, at this machine's "
        + "width, for groups of 16 threads; opencl: OpenCL C 1.2 as for graphics cards, for groups of 64 threads; ptx: PTX, which NVIDIA's "
        + "driver takes; where there is a card, what registers and memory the driver gives it stands above; ptx:60, ptx:70, ptx:80, ptx:90 "
        + "and ptx:100: for that compute capability and views that begin at multiples of 16 bytes; "
        + "ilgpu-ptx and ilgpu-opencl: what ILGPU's own compilers make of it, for compute capability 8.0 and for OpenCL 2.0; "
        + $"{string.Join(", ", CardLimits.All.Select(card => Planned + card.Name))}: how its launches in the ops' benchmarks would fill "
        + "that card, by the text and the card's published limits.");

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
        string chosen = Known.Require("target", arguments.GetRequiredValue(target),
            [.. Targets.Select(one => one.Name), .. CardLimits.All.Select(card => Planned + card.Name)]);
        var kernels = KernelCatalog.Find(arguments.GetRequiredValue(name));
        Func<MethodInfo, string> print = chosen.StartsWith(Planned, StringComparison.Ordinal)
            ? OpPlan.For(CardLimits.Of(chosen[Planned.Length..]), [.. kernels.Select(kernel => kernel.Method)])
            : Targets.First(one => one.Name == chosen).Text;
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
