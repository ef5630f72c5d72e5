using Dalle2.Data;
using Dalle2.Layers;
using Dalle2.Models.Unclip;
using Dalle2.Tensors;
using Dalle2.Training.Drawing;
using Dalle2.Training.Loop;

namespace Dalle2.Training.Families.Unclip;

/// <summary>How a form of the prior is trained and drawn from. Embeddings on the host are scaled, as <see cref="ClipEmbeddings"/> has them.</summary>
abstract class PriorMethod
{
    protected static readonly NumberOption Steps = new(
        "prior-steps", "Steps of the sampler of a prior that is a diffusion.", 16f, 1f, 1000f, Whole: true);

    protected static readonly NumberOption Guidance = new(
        "prior-guidance", "How far the prior goes towards what the caption says: 1 as predicted, more to overdo it.", 1f, 0f, 20f);

    protected static readonly NumberOption Temperature = new(
        "prior-temperature", "What the logits of an autoregressive prior are divided by: 0 for its likeliest codes.", 1f, 0f, 10f);

    /// <summary>What drawing from a prior can be told.</summary>
    public static IReadOnlyList<SamplerOption> Options { get; } = [Steps, Guidance, Temperature];

    /// <summary>That of a model's prior.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dropped">The share of samples that are learnt without a condition.</param>
    public static PriorMethod Of(UnclipModel model, float dropped = 0) => model.Sizes.Prior == PriorKind.Autoregressive
        ? new AutoregressivePriorMethod(model, dropped) : new DiffusionPriorMethod(model, dropped);

    /// <summary>Takes what it needs to know of all that is to be learnt; before the first step, and on resuming.</summary>
    /// <returns>Whether parameters were set by it.</returns>
    public virtual bool Prepare(ClipEmbeddings embeddings) => false;

    /// <summary>Copies a batch to the device: the beginning of a step of training.</summary>
    /// <param name="context">The step.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="images">The embeddings of their pictures, one behind the other.</param>
    /// <param name="texts">Those of their captions; becomes zeros where the condition is dropped.</param>
    public abstract void Upload(Context context, Batch batch, ReadOnlySpan<float> images, Span<float> texts);

    /// <summary>Queues forward and backward pass.</summary>
    /// <returns>The loss, one element, on the device.</returns>
    public abstract Tensor Run(Context context);

    /// <summary>Draws image embeddings, one behind the other.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="texts">Their embeddings.</param>
    /// <param name="seed">With a caption's number and the name, decides its embedding.</param>
    /// <param name="firstNumber">The number of the first caption.</param>
    /// <param name="name">Names the random numbers.</param>
    /// <param name="settings">The values of the sampler's options.</param>
    public abstract float[] Draw(
        Context context, Batch captions, ReadOnlySpan<float> texts, ulong seed, int firstNumber, string name, SamplerSettings settings);

    /// <summary>Refuses an option that was given and says nothing to this prior.</summary>
    protected static void RefuseOther(SamplerSettings settings, SamplerOption option, string other)
    {
        if (settings.Choice(option.Name) != option.Default)
        {
            throw new UserInputException(
                $"--{option.Name} {settings.Choice(option.Name)}: it is for a prior that is {other}, and this run has another; leave it out");
        }
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public abstract void Abandon();
}
