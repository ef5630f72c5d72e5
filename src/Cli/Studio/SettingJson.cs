using System.Text.Json.Nodes;
using Dalle2.Training.Families;
using Dalle2.Training.Runs;

namespace Dalle2.Cli.Studio;

/// <summary>The models with their presets, and a preset's settings with their help, for a form.</summary>
static class SettingJson
{
    // What the form asks for by itself.
    static readonly string[] Elsewhere = ["model", "preset", "data"];

    public static JsonArray Models() => new([.. ModelFamily.All.Select(family => new JsonObject
    {
        ["name"] = family.Name,
        ["summary"] = family.Summary,
        ["default"] = family.DefaultPreset,
        ["own"] = family.OwnPicturesPreset,
        ["presets"] = new JsonArray([.. family.Presets.Select(preset => new JsonObject
        {
            ["name"] = preset.Name,
            ["summary"] = preset.Summary,
        })]),
        ["stages"] = new JsonArray([.. family.Stages.Select(stage => JsonValue.Create(stage.Name))]),
    })]);

    public static JsonArray Of(TrainingConfig config) => new([.. ConfigSettings.Describe(config)
        .Where(setting => !setting.IsPath && !Elsewhere.Contains(setting.Name)).Select(setting =>
        {
            var json = new JsonObject { ["name"] = setting.Name, ["value"] = setting.Value, ["help"] = setting.Help };
            if (setting.Choices.Count > 0)
                json["choices"] = new JsonArray([.. setting.Choices.Select(one => JsonValue.Create(one))]);
            return json;
        })]);

    /// <summary>Whether a page may change a setting: one that names a file may not come from a page.</summary>
    public static bool IsOpen(TrainingConfig config, string name) =>
        !Elsewhere.Contains(name) && ConfigSettings.Describe(config).Any(setting => setting.Name == name && !setting.IsPath);
}
