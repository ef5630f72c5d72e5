using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Perf;

/// <summary>
/// A text-conditioned variational autoencoder over the public API; <c>peers/torch_vae.py</c> is the same in PyTorch.
/// <code>
/// text     Embedding(2000, 128) -> LSTM(256) -> its last hidden state h
/// encoder  convolutions 4x4, stride 2, to 32, 64, 128, 256 channels (ReLU) -> flat; with h: mean and log-variance, 128 each
/// decoder  [z, h] -> Linear (ReLU) -> transposed convolutions 4x4, stride 2, to 128, 64, 32 (ReLU) and 3 channels
/// loss     binary cross-entropy summed over pixels + divergence from N(0, I), mean over the batch; Adam without clipping
/// </code>
/// </summary>
sealed class TextVae : Layer, IStep
{
    const int WordFeatures = 128;
    const int Latent = 128;
    const double LearningRate = 1e-3;

    readonly Embedding embedding;
    readonly Lstm lstm;
    readonly Sequential encoder;
    readonly Concatenate seen;
    readonly Linear mean;
    readonly Linear logVariance;
    readonly GaussianReparameterization sample;
    readonly Concatenate told;
    readonly Sequential decoder;
    readonly BinaryCrossEntropyWithLogits crossEntropy = new();
    readonly UnitGaussianKlDivergence divergence = new();
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
        int low = size.Side / 16, width = size.Width, flat = 8 * width * low * low;
        embedding = Compose("embedding", new Embedding(size.Vocabulary, WordFeatures, padding: false));
        lstm = Compose("lstm", new Lstm(WordFeatures, size.TextFeatures));
        encoder = Compose("encoder", new Sequential(
            ("convolution1", Down(3, width)),
            ("convolution2", Down(width, 2 * width)),
            ("convolution3", Down(2 * width, 4 * width)),
            ("convolution4", Down(4 * width, 8 * width)),
            ("flat", Reshape.Flatten())));
        seen = Compose("seen", new Concatenate());
        mean = Compose("mean", new Linear(flat + size.TextFeatures, Latent));
        logVariance = Compose("logVariance", new Linear(flat + size.TextFeatures, Latent));
        sample = Compose("sample", new GaussianReparameterization());
        told = Compose("told", new Concatenate());
        decoder = Compose("decoder", new Sequential(
            ("start", new Linear(Latent + size.TextFeatures, flat, activation: ActivationKind.ReLU)),
            ("map", new Reshape(low, low, 8 * width)),
            ("transposed1", Up(8 * width, 4 * width, ActivationKind.ReLU)),
            ("transposed2", Up(4 * width, 2 * width, ActivationKind.ReLU)),
            ("transposed3", Up(2 * width, width, ActivationKind.ReLU)),
            ("transposed4", Up(width, 3))));
        parameters = new ParameterStore(device, "vae", this, seed: 1);
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
        lstm.Forward(context, embedding.Forward(context, words), lengths);
        Tensor both = seen.Forward(context, encoder.Forward(context, pictures), lstm.Final);
        Tensor m = mean.Forward(context, both), v = logVariance.Forward(context, both);
        Tensor z = told.Forward(context, sample.Forward(context, m, v), lstm.Final);
        Tensor reconstruction = crossEntropy.Forward(context, decoder.Forward(context, z), pictures),
            distance = divergence.Forward(context, m, v);

        Tensor[] dz = told.Backward(context, decoder.Backward(context, crossEntropy.Backward(context)));
        var (dm, dv) = sample.Backward(context, dz[0]);
        var (divergenceMean, divergenceVariance) = divergence.Backward(context);
        Tensor dboth = mean.Backward(context, Sum(dm, divergenceMean));
        Tensor[] dseen = seen.Backward(context, Sum(dboth, logVariance.Backward(context, Sum(dv, divergenceVariance))));
        encoder.BackwardToParameters(context, dseen[0]);
        embedding.Backward(context, lstm.Backward(context, null, Sum(dseen[1], dz[1])));
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

    Tensor Sum(Tensor x, Tensor y)
    {
        ElementwiseOp.AddInPlace(context.Stream, x, y);
        return x;
    }

    static Conv2d Down(int channels, int outputs) =>
        new(channels, outputs, kernel: 4, stride: 2, padding: 1, activation: ActivationKind.ReLU);

    static ConvTranspose2d Up(int channels, int outputs, ActivationKind? activation = null) =>
        new(channels, outputs, kernel: 4, stride: 2, padding: 1, activation: activation);
}
