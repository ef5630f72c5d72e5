using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;

namespace Dalle2.Examples;

/// <summary>
/// The listing that a first text-to-image tutorial shows, layer by layer, over the public API:
/// <code>
/// text  = Embedding(vocabulary, 32) -> LSTM(64)
/// image = Conv2D(16, 3x3, stride 2, relu) -> Flatten
/// both  = concatenate([text, image])
/// out   = Conv2DTranspose(...)(both) -> Reshape(side, side, 3)
/// compile(adam, binary_crossentropy); fit([text, image], image)
/// </code>
/// Two of its shapes do not fit as they stand there. A transposed convolution reads a map, not the vector that concatenate gives: a fully
/// connected layer and a reshape to <c>[side / 4, side / 4, 32]</c> come between. And a reshape cannot make three channels out of any other
/// number: the last transposed convolution gives <c>[side, side, 3]</c> itself, and the reshape is left out. The sigmoid is inside of the loss, which reads logits.
/// </summary>
public sealed class TextAndImageModel : Layer, IDisposable
{
    readonly Embedding embedding;
    readonly Lstm lstm;
    readonly Sequential image;
    readonly Concatenate concatenate;
    readonly Sequential decoder;
    readonly BinaryCrossEntropyWithLogits loss = new();
    readonly ParameterStore parameters;
    readonly AdamOptimizer adam;
    readonly Context context;

    /// <summary>The model, "compiled" with Adam and binary cross-entropy.</summary>
    public TextAndImageModel(Device device, int vocabulary, int side, ulong seed = 1)
    {
        embedding = Compose("embedding", new Embedding(vocabulary, 32));
        lstm = Compose("lstm", new Lstm(32, 64));
        int half = side / 2, quarter = side / 4;
        image = Compose("image", new Sequential(
            ("convolution", new Conv2d(3, 16, kernel: 3, stride: 2, padding: 1, activation: ActivationKind.ReLU)),
            ("flatten", new Reshape(half * half * 16))));
        concatenate = Compose("concatenate", new Concatenate());
        decoder = Compose("decoder", new Sequential(
            ("dense", new Linear(64 + half * half * 16, quarter * quarter * 32, activation: ActivationKind.ReLU)),
            ("reshape", new Reshape(quarter, quarter, 32)),
            ("transposed1", new ConvTranspose2d(32, 16, kernel: 4, stride: 2, padding: 1, activation: ActivationKind.ReLU)),
            ("transposed2", new ConvTranspose2d(16, 3, kernel: 4, stride: 2, padding: 1))));
        parameters = new ParameterStore(device, "model", this, seed);
        adam = new AdamOptimizer(device, new AdamOptions(), parameters);
        context = new Context(device, seed);
    }

    /// <summary>One step of "fit": the loss per picture before the step.</summary>
    /// <param name="tokens">Word numbers <c>[time, batch]</c>, padded with 0.</param>
    /// <param name="lengths">Words of each caption, <c>[batch]</c>.</param>
    /// <param name="pictures">Pictures <c>[batch, side, side, 3]</c> in [0, 1]: input and target.</param>
    /// <param name="side">Their side.</param>
    /// <param name="learningRate">Adam's step size.</param>
    public float Fit(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, ReadOnlySpan<float> pictures, int side, float learningRate)
    {
        context.BeginStep((ulong)adam.StepCount, training: true);
        int batch = lengths.Length;
        Tensor target = context.Upload(pictures, batch, side, side, 3);

        lstm.Forward(context, embedding.Forward(context, TokenBatch.Of(context, tokens, true, tokens.Length / batch, batch)),
            context.Upload(lengths, batch));
        Tensor both = concatenate.Forward(context, lstm.Final, image.Forward(context, target));
        Tensor value = loss.Forward(context, decoder.Forward(context, both), target);

        Tensor[] gradients = concatenate.Backward(context, decoder.Backward(context, loss.Backward(context)));
        embedding.Backward(context, lstm.Backward(context, null, gradients[0]));
        image.BackwardToParameters(context, gradients[1]);
        adam.Step(context, learningRate, value);
        return value.Scalar(context.Stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Dispose();
        adam.Dispose();
        parameters.Dispose();
    }
}
