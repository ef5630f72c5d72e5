namespace Dalle2.Models.Parts;

/// <summary>The prior of the latent learned from the text, p(z | text): a perceptron with one hidden layer to mean and log-variance.</summary>
public sealed class TextPrior : Layer
{
    readonly Sequential hidden;
    readonly GaussianHead head;

    /// <summary>A prior; its hidden layer is as wide as the text features.</summary>
    /// <param name="features">Features of an encoded caption.</param>
    /// <param name="latent">Numbers of the latent.</param>
    public TextPrior(int features, int latent)
    {
        hidden = Compose("hidden", new Sequential(("project", new Linear(features, features, activation: ActivationKind.ReLU))));
        head = Compose("head", new GaussianHead(features, latent));
    }

    /// <summary>Mean and log-variance, <c>[B, latent]</c> each, for texts <c>[B, features]</c>.</summary>
    public (Tensor Mean, Tensor LogVariance) Forward(Context context, Tensor text) => head.Forward(context, hidden.Forward(context, text));

    /// <summary>The gradient of the text; adds to the parameters' gradients.</summary>
    public Tensor Backward(Context context, Tensor dmean, Tensor dlogVariance) =>
        hidden.Backward(context, head.Backward(context, dmean, dlogVariance));
}
