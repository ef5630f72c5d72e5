using System.CommandLine;
using System.Text.Json.Nodes;
using Dalle2.Cli;
using Dalle2.Gpu.Runtime;

namespace Dalle2.Perf;

/// <summary><c>serve</c>: our side of a comparison as a process of its own.</summary>
sealed class ServeVerb : Verb
{
    readonly Option<string> device = VerbOptions.Device();
    readonly Option<int> threads = VerbOptions.Threads();

    public ServeVerb()
        : base("serve", "Answer the requests of 'compare': a JSON object a line on standard input, an answer a line on standard output.")
    {
        Options.Add(device);
        Options.Add(threads);
    }

    public override IReadOnlyList<string> Examples => ["perf serve --threads 1"];

    public override IReadOnlyList<string> Notes =>
        ["The requests and answers are listed in perf/peers/torch_peer.py, which answers the same."];

    public override int Run(ParseResult arguments, Terminal terminal)
    {
        using Device opened = Known.OpenDevice(arguments.GetRequiredValue(device), arguments.GetValue(threads));
        using var side = new LocalSide(opened);
        while (Console.In.ReadLine() is { } line)
        {
            JsonObject answer;
            try
            {
                answer = side.Ask(JsonNode.Parse(line)!.AsObject());
            }
            catch (Exception fault)
            {
                answer = new JsonObject { ["error"] = $"{fault.GetType().Name}: {fault.Message}" };
            }

            Console.Out.WriteLine(answer.ToJsonString());
            Console.Out.Flush();
        }

        return ExitCode.Ok;
    }
}
