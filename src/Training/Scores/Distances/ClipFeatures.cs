using Dalle2.Data;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Models.Parts;
using Dalle2.Tensors;
using Dalle2.Training.Runs;

namespace Dalle2.Training.Scores.Distances;

/// <summary>
/// Embeddings by the image encoder of a CLIP that was trained once and is stored beside this file (README.md there), so that figures of all runs are by one measure. Unit
/// vectors, times the square root of their length. Computed in float32, whatever the device's precision: the same bits everywhere.
/// </summary>
public sealed class ClipFeatures : PictureFeatures, IDisposable
{
    /// <summary>Keys of the sizes beside the tensors: the pictures' side, the encoder's channels with commas between them, the length of an embedding.</summary>
    public const string SideKey = "image_side", ChannelsKey = "encoder_channels", EmbeddingKey = "embedding";

    /// <summary>What the names of the encoder's tensors begin with, and the one of the projection.</summary>
    public const string EncoderName = "image", HeadName = "contrast", ProjectionName = $"{HeadName}.image.project.weight";

    const string StoredName = "emoji-clip.safetensors";
    const int PicturesAtOnce = 128;

    readonly Device device;
    readonly Context context;
    readonly ResidualEncoder encoder;
    readonly ContrastiveHead head;
    readonly ParameterStore[] stores;

    /// <summary>An encoder.</summary>
    /// <param name="device">Where it runs; not owned.</param>
    /// <param name="stored">Its tensors and sizes.</param>
    /// <exception cref="UserInputException">A tensor or a size is missing.</exception>
    public ClipFeatures(Device device, Checkpoint stored)
    {
        (this.device, Hash) = (device, stored.Hash);
        Side = Number(stored, SideKey);
        Length = Number(stored, EmbeddingKey);
        encoder = new ResidualEncoder(Side, [.. Text(stored, ChannelsKey).Split(',').Select(text => Whole(ChannelsKey, text))]);
        // Captions are not embedded: their half is as small as it can be, and has no stored values.
        head = new ContrastiveHead(1, encoder.Features, Length);
        context = new Context(device);
        stores = [new ParameterStore(device, EncoderName, encoder, 0), new ParameterStore(device, HeadName, head, 0)];
        foreach (Parameter parameter in stores.SelectMany(store => store.Parameters)
            .Where(parameter => parameter.Name == ProjectionName || parameter.Name.StartsWith($"{EncoderName}.", StringComparison.Ordinal)))
        {
            parameter.Value.Write(device.Stream, stored.Values(parameter.Name, parameter.Shape.ToArray()));
        }
    }

    /// <summary>Twelve hexadecimal digits that name the encoder: only figures with the same ones can be compared.</summary>
    public string Hash { get; }

    /// <summary>Numbers of a picture.</summary>
    public int Length { get; }

    /// <inheritdoc/>
    public override int Side { get; }

    /// <inheritdoc/>
    public override string Name => "clip";

    /// <inheritdoc/>
    public override string Description => $"CLIP of emoji {Hash}, {Length} numbers";

    /// <summary>The encoder that comes with the program.</summary>
    /// <param name="device">Where it runs; not owned.</param>
    public static ClipFeatures Stored(Device device)
    {
        using System.IO.Stream stream = typeof(ClipFeatures).Assembly.GetManifestResourceStream(StoredName)
            ?? throw new InvalidOperationException($"{StoredName} is not in the assembly");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new ClipFeatures(device, Checkpoint.Read(StoredName, content));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<float[]> Compute(PictureBytes pictures)
    {
        var rows = new List<float[]>(pictures.Count);
        float scale = MathF.Sqrt(Length);
        Precision before = device.Precision;
        device.Precision = Precision.Float32;
        try
        {
            for (int start = 0; start < pictures.Count; start += PicturesAtOnce)
            {
                int count = Math.Min(PicturesAtOnce, pictures.Count - start);
                var values = new float[count * pictures.Length];
                for (int i = 0; i < values.Length; i++)
                    values[i] = pictures[start + i / pictures.Length][i % pictures.Length] / 255f;
                context.BeginStep(0, training: false);
                Tensor images = context.Upload(values, count, Side, Side, 3);
                float[] embedded = head.EmbedImage(context, encoder.Forward(context, images)).ToArray(context.Stream);
                rows.AddRange(embedded.Select(value => scale * value).Chunk(Length));
            }
        }
        finally
        {
            device.Precision = before;
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        foreach (ParameterStore store in stores)
            store.Dispose();
    }

    static int Number(Checkpoint stored, string key) => Whole(key, Text(stored, key));

    static int Whole(string key, string text) => int.TryParse(text, out int number) && number is > 0 and <= 65536
        ? number : throw new UserInputException($"the stored image encoder's {key} has '{text}', where a whole number belongs");

    static string Text(Checkpoint stored, string key) => stored.Extra.GetValueOrDefault(key)
        ?? throw new UserInputException($"the stored image encoder lacks its {key}");
}
