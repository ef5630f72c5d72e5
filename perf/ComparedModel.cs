using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dalle2.Gpu.Runtime;
using Dalle2.Models.Parts;
using Dalle2.Models.Unclip;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Unclip;

namespace Dalle2.Perf;

/// <summary>A training step that both sides have.</summary>
/// <param name="Name">Its name in the result.</param>
/// <param name="Request">Which one it is and how large, as a request to a side says it.</param>
sealed record ComparedModel(string Name, JsonObject Request)
{
    const string Autoencoder = "autoencoder", Unclip = "unclip";

    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<RecurrentCell>() }
    };

    /// <summary>The step of a <see cref="TextVae"/>.</summary>
    public static ComparedModel Of(TextVaeSize size) => new("text-conditioned autoencoder",
        new JsonObject { ["name"] = Autoencoder, ["batch"] = size.Batch, ["side"] = size.Side, ["words"] = size.Words });

    /// <summary>A step of each stage of the unCLIP model, at the sizes of a preset.</summary>
    public static IReadOnlyList<ComparedModel> OfUnclip(string preset)
    {
        const int vocabulary = 64, words = 12;
        var config = (UnclipConfig)ModelFamily.Get("unclip").Preset(preset);
        JsonObject sizes = Describe(config.Architecture(vocabulary));
        return
        [
            .. new[] { (UnclipStep.Clip, config.ClipBatch), (UnclipStep.Prior, config.PriorBatch), (UnclipStep.Decoder, config.Batch) }
                .Select(stage => new ComparedModel($"unCLIP {stage.Item1}", new JsonObject
                {
                    ["name"] = Unclip,
                    ["stage"] = stage.Item1,
                    ["batch"] = stage.Item2,
                    ["words"] = words,
                    ["sizes"] = sizes.DeepClone(),
                })),
        ];
    }

    /// <summary>The sizes of an unCLIP model, as a request and a file for <c>peers/torch_unclip.py</c> have them.</summary>
    public static JsonObject Describe(UnclipArchitecture sizes) => JsonSerializer.SerializeToNode(sizes, Options)!.AsObject();

    /// <summary>The step that a request names.</summary>
    /// <exception cref="SideFailedException">There is no such model.</exception>
    public static IStep Open(Device device, JsonObject request)
    {
        int Number(string name) => (int)request[name]!;
        return (string)request["name"]! switch
        {
            Autoencoder => new TextVae(device, new TextVaeSize(Number("batch"), Number("side"), Number("words"))),
            Unclip => new UnclipStep(device, (string)request["stage"]!, request["sizes"].Deserialize<UnclipArchitecture>(Options)!,
                Number("batch"), Number("words")),
            var name => throw new SideFailedException($"there is no model '{name}'"),
        };
    }
}
