using System.Text.Json.Nodes;
using Dalle2.Data;
using Dalle2.Training.Families;

namespace Dalle2.Training.Runs;

/// <summary>Reads a run's configuration as the record of its family.</summary>
public static class RunConfig
{
    /// <summary>The record that a configuration's JSON is of.</summary>
    internal static TrainingConfig FromJson(JsonObject json) =>
        (TrainingConfig)RunFolder.FromJson(json, ModelFamily.Get(json["model"]!.GetValue<string>()).ConfigType);

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="UserInputException">It is not JSON, of a family that this program does not have, or a value is not one of its setting's; the message has the file's name.</exception>
    public static TrainingConfig Read(RunFolder run)
    {
        JsonObject json = run.ReadConfig<JsonObject>();
        try
        {
            string name = json["model"] is JsonValue value && value.TryGetValue(out string? text) ? text : ModelFamily.DefaultName;
            var config = (TrainingConfig)run.ReadConfig(ModelFamily.Get(name).ConfigType);
            config.Validate();
            return config;
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException)
        {
            throw new UserInputException(
                $"{run.ConfigPath}: not a configuration of this program ({fault.Message}). Put the original back, or train anew.", fault);
        }
        catch (UserInputException fault) when (!fault.Message.StartsWith(run.ConfigPath, StringComparison.Ordinal))
        {
            throw new UserInputException(
                $"{run.ConfigPath}: {fault.Message.Replace("; change it with --set", "", StringComparison.Ordinal)}. Put the original "
                + "back, or train anew.", fault);
        }
    }
}
