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
/// loss     binary cross-entropy summed over pixels + divergence from N(0, I), mean over the batch
/// </code>
/// </summary>
sealed class TextVaeNetwork : Layer
{
    const int WordFeatures = 128;
    const int Latent = 128;

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

    /// <summary>The layers.</summary>
    /// <param name="size">The extents.</param>
    /// <param name="padding">Whether word 0 is none, as in batches of the product.</param>
    public TextVaeNetwork(TextVaeSize size, bool padding = false)
    {
        int low = size.Side / 16, width = size.Width, flat = 8 * width * low * low;
        embedding = Compose("embedding", new Embedding(size.Vocabulary, WordFeatures, padding));
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
    }

    /// <summary>Queues the forward and backward pass: leaves the gradients with the parameters.</summary>
    /// <returns>Reconstruction and divergence.</returns>
    public (Tensor Reconstruction, Tensor Divergence) Run(Context context, TokenBatch words, IntTensor lengths, Tensor pictures)
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
        Tensor dboth = mean.Backward(context, Sum(context, dm, divergenceMean));
        Tensor[] dseen = seen.Backward(context, Sum(context, dboth, logVariance.Backward(context, Sum(context, dv, divergenceVariance))));
        encoder.BackwardToParameters(context, dseen[0]);
        embedding.Backward(context, lstm.Backward(context, null, Sum(context, dseen[1], dz[1])));
        return (reconstruction, distance);
    }

    static Tensor Sum(Context context, Tensor x, Tensor y)
    {
        ElementwiseOp.AddInPlace(context.Stream, x, y);
        return x;
    }

    static Conv2d Down(int channels, int outputs) =>
        new(channels, outputs, kernel: 4, stride: 2, padding: 1, activation: ActivationKind.ReLU);

    static ConvTranspose2d Up(int channels, int outputs, ActivationKind? activation = null) =>
        new(channels, outputs, kernel: 4, stride: 2, padding: 1, activation: activation);
}
