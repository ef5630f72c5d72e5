using System.Text.Json;
using System.Text.Json.Serialization;
using Dalle2.Data;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Runs;

/// <summary><c>health.json</c> of a run: how each finished stage does on held-out samples, by the stage's name.</summary>
/// <param name="run">The run.</param>
public sealed class HealthRecord(RunFolder run)
{
    static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    readonly string path = Path.Combine(run.FolderPath, "health.json");

    /// <summary>What is recorded.</summary>
    /// <exception cref="UserInputException">The file cannot be read.</exception>
    public IReadOnlyDictionary<string, StageHealth> Read()
    {
        if (!File.Exists(path))
            return new Dictionary<string, StageHealth>();
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, StageHealth>>(File.ReadAllBytes(path), Json)
                ?? throw new JsonException("it holds null");
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserInputException(
                $"{path}: cannot be read ({fault.Message}). Remove it; a stage that is trained again writes it anew.", fault);
        }
    }

    internal void Keep(string stage, StageHealth health) => AtomicFile.WriteText(
        path, JsonSerializer.Serialize(new Dictionary<string, StageHealth>(Read()) { [stage] = health }, Json) + "\n");
}
