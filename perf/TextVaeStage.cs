using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Families;
using Dalle2.Training.Families.Classic;
using Dalle2.Training.Loop;

namespace Dalle2.Perf;

/// <summary>The training of a <see cref="TextVaeNetwork"/> as a stage, so that the product's own step runs it: several batches a step, divided among ranks or not.</summary>
sealed class TextVaeStage : Stage, IDisposable
{
    const int Endless = 1_000_000, Samples = 512;

    readonly TextVaeNetwork network;
    TokenBatch? words;
    IntTensor? lengths;
    Tensor? pictures;

    TextVaeStage(TextVaeNetwork network, ParameterStore parameters)
        : base(new StageDescription("vae", "a text-conditioned autoencoder", "", ["loss"]), Endless, [parameters]) =>
        this.network = network;

    /// <summary>The stage with random values, which are the same on each rank.</summary>
    public static TextVaeStage Create(Device device, TextVaeSize size)
    {
        var network = new TextVaeNetwork(size, padding: true);
        return new TextVaeStage(network, new ParameterStore(device, "vae", network, seed: 1));
    }

    /// <summary>Pictures of the shapes that the program draws, with random captions of equal length.</summary>
    public static (PreparedData Data, int[][] Captions) Draw(TextVaeSize size)
    {
        IDataSet set = DataSets.Open("shapes", new DataSetOptions { Seed = 1, Count = Samples });
        var data = PreparedData.Load(set, set.Splits[0], size.Side);
        var random = new Random(1);
        return (data, [.. Enumerable.Range(0, data.Count).Select(_ =>
            Enumerable.Range(0, size.Words).Select(_ => random.Next(1, size.Vocabulary)).ToArray())]);
    }

    /// <summary>Settings of steps of several parts.</summary>
    /// <param name="parts">Batches of a step.</param>
    /// <param name="batch">Pictures of each.</param>
    public static ClassicConfig Settings(int parts, int batch) => new() { Batch = batch, Accumulation = parts, LearningRate = 1e-3f };

    /// <inheritdoc/>
    public override void Upload(Context context, Batch batch) =>
        (words, lengths, pictures) = (batch.UploadTokens(context), batch.UploadLengths(context), batch.UploadImages(context));

    /// <inheritdoc/>
    public override Tensor Run(Context context)
    {
        var (reconstruction, divergence) = network.Run(context, words!, lengths!, pictures!);
        return Gather(context, reconstruction, divergence, 1f);
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values) =>
        Figures(new("loss", values[0]), new("reconstruction", values[1]), new("divergence", values[2]));

    /// <inheritdoc/>
    public override void Abandon() => network.Abandon();

    /// <inheritdoc/>
    public void Dispose() => Trained[0].Dispose();
}
