using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Dalle2.Perf;

/// <summary>What stands above figures: on what machine, when, by what command.</summary>
/// <param name="Command">What a person types to measure again.</param>
sealed record ResultHeader(string Command)
{
    /// <summary>The top of the tree that the program was built from.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The day of the measurement.</summary>
    public string Date { get; } = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The processor, its logical cores, the memory, the system and the runtime.</summary>
    public string Machine { get; } = $"{Processor()}, {Environment.ProcessorCount} logical cores, "
        + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {RuntimeInformation.OSDescription}, "
        + $"{RuntimeInformation.FrameworkDescription}";

    /// <summary>The header as lines.</summary>
    public IReadOnlyList<string> Lines => [$"Machine: {Machine}.", $"Date: {Date}. Command: `{Command}`."];

    /// <summary>Where a result of a name is saved.</summary>
    public string DefaultPath(string name) => Path.Combine(Root, "perf", "results", $"{Date}-{name}.md");

    /// <summary>The header as the first keys of a document.</summary>
    public JsonObject ToJson() => new() { ["machine"] = Machine, ["date"] = Date, ["command"] = Command };

    static string Processor()
    {
        const string file = "/proc/cpuinfo";
        string? line = File.Exists(file) ? File.ReadLines(file)
            .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Dalle2.Gpu.sln")))
                return folder.FullName;
        }

        throw new SideFailedException($"{AppContext.BaseDirectory} lies outside of the source tree; run perf/compare from there");
    }
}
