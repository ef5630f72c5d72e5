using Dalle2.Gpu.Runtime;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Perf;

/// <summary>A training step of a <see cref="TextVaeNetwork"/>, with a batch that stays the same; Adam without clipping.</summary>
sealed class TextVae : IStep
{
    const double LearningRate = 1e-3;

    readonly TextVaeNetwork network;
    readonly ParameterStore parameters;
    readonly AdamOptimizer adam;
    readonly Context inputs;
    readonly Context context;
    readonly RecordedStep recorded;
    readonly TokenBatch words;
    readonly IntTensor lengths;
    readonly Tensor pictures;

    /// <summary>The model with a batch of random captions and pictures.</summary>
    public TextVae(Device device, TextVaeSize size)
    {
        network = new TextVaeNetwork(size);
        parameters = new ParameterStore(device, "vae", network, seed: 1);
        adam = new AdamOptimizer(device, new AdamOptions(ClipNorm: 0), parameters);
        context = new Context(device, seed: 1);
        recorded = new RecordedStep(context, Queue);
        inputs = new Context(device);
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, size.Words * size.Batch).Select(_ => random.Next(size.Vocabulary))];
        words = TokenBatch.Of(inputs, tokens, false, size.Words, size.Batch);
        lengths = inputs.Upload([.. Enumerable.Repeat(size.Words, size.Batch)], size.Batch);
        pictures = inputs.Upload([.. Enumerable.Range(0, size.Batch * size.Side * size.Side * 3).Select(_ => random.NextSingle())],
            size.Batch, size.Side, size.Side, 3);
    }

    /// <summary>How many numbers training changes.</summary>
    public long TrainableCount => parameters.TrainableCount;

    /// <summary>Whether steps are recorded once and replayed, as in a training; else they are launched kernel by kernel.</summary>
    public bool IsReplayed { get => recorded.IsReplayed; set => recorded.IsReplayed = value; }

    /// <inheritdoc/>
    public float Step()
    {
        context.BeginStep((ulong)adam.StepCount, training: true);
        using (context.GatherUploads())
            adam.Prepare(context, LearningRate);
        float[] losses = recorded.Run().ToArray(context.Stream);
        return losses[0] + losses[1];
    }

    Tensor Queue()
    {
        var (reconstruction, distance) = network.Run(context, words, lengths, pictures);
        adam.Update(context);
        Tensor losses = context.Allocate(2);
        context.Stream.Copy(reconstruction.View, losses.Slice(0, 1).View);
        context.Stream.Copy(distance.View, losses.Slice(1, 1).View);
        return losses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        recorded.Dispose();
        context.Dispose();
        inputs.Dispose();
        adam.Dispose();
        parameters.Dispose();
    }
}
