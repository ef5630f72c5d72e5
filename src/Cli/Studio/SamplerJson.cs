using System.Text.Json.Nodes;
using Dalle2.Training.Drawing;
using Dalle2.Training.Families;

namespace Dalle2.Cli.Studio;

/// <summary>The options of a family's sampler, for a form.</summary>
static class SamplerJson
{
    public static JsonArray Of(ModelFamily family) => new([.. family.SamplerOptions.Select(Of)]);

    static JsonObject Of(SamplerOption option)
    {
        var json = new JsonObject { ["name"] = option.Name, ["help"] = option.Description, ["default"] = option.Default };
        switch (option)
        {
            case NumberOption number:
                (json["low"], json["high"], json["whole"]) = (number.Low, number.High, number.Whole);
                break;
            case ChoiceOption choice:
                json["choices"] = new JsonArray([.. choice.Choices.Select(one => JsonValue.Create(one))]);
                break;
        }

        return json;
    }
}
