using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dalle2.Perf;

/// <summary>A side in a process of its own, so that neither its threads nor its memory are ours: a request a line in, an answer a line out.</summary>
sealed class ProcessSide : ISide
{
    readonly Process process;
    readonly string name;

    /// <summary>Starts it.</summary>
    /// <exception cref="SideFailedException">The program cannot be started.</exception>
    public ProcessSide(string name, string program, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        this.name = name;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (variable, value) in environment)
            start.Environment[variable] = value;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new SideFailedException($"{name}: '{program}' cannot be started: {fault.Message}");
        }
    }

    /// <inheritdoc/>
    public JsonObject Ask(JsonObject request)
    {
        try
        {
            process.StandardInput.WriteLine(request.ToJsonString());
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; what it said before follows.
        }

        string line = process.StandardOutput.ReadLine()
            ?? throw new SideFailedException($"{name} ended without an answer to {request.ToJsonString()}");
        JsonObject answer;
        try
        {
            answer = JsonNode.Parse(line)!.AsObject();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new SideFailedException($"{name} answered '{line}', which is no JSON object");
        }

        return answer["error"] is { } error ? throw new SideFailedException($"{name}: {error}") : answer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(5000))
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
