using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dalle2.Cli;

/// <summary><c>kernels list</c>: every kernel by its op.</summary>
sealed class KernelsListVerb() : Verb("list", "List every kernel.")
{
    public override IReadOnlyList<string> Examples => ["dalle2 kernels list"];

    public override IReadOnlyList<string> Notes => ["JSON: [{op, kernel, parameters}]."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        terminal.Result(
            () => new JsonArray([.. KernelCatalog.All.Select(kernel => new JsonObject
            {
                ["op"] = kernel.Op,
                ["kernel"] = kernel.Name,
                ["parameters"] = new JsonArray([.. kernel.Method.GetParameters().Select(p => JsonValue.Create(p.Name))]),
            })]),
            text => text.Table(["op", "kernel", "parameters"], KernelCatalog.All.Select(kernel => (string[])
                [kernel.Op, kernel.Name, string.Join(", ", kernel.Method.GetParameters().Select(p => p.Name))])));
        return ExitCode.Ok;
    }
}
