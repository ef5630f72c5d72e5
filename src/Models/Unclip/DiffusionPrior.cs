using Dalle2.Models.Diffusion;

namespace Dalle2.Models.Unclip;

/// <summary>
/// The diffusion prior P(image embedding given caption): trained to predict the embedding without noise, by its squared error, and drawn from in a number of steps. Embeddings are scaled by
/// the square root of their length, so that a number of them has a mean square of 1, as the noise has.
/// </summary>
public sealed class DiffusionPrior
{
    readonly PriorNetwork network;
    readonly WeightedSquaredError loss = new();

    /// <summary>Over a model's parts.</summary>
    public DiffusionPrior(UnclipModel model) => network = model.Prior;

    /// <summary>How noise grows with time.</summary>
    public NoiseSchedule Schedule { get; } = NoiseSchedule.Cosine();

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="image">Scaled embeddings of pictures, <c>[B, embedding]</c>.</param>
    /// <param name="text">Scaled embeddings of their captions; zeros where the condition is dropped.</param>
    /// <param name="levels">Of each sample its time, alpha, sigma and weight, <c>[4, B]</c>.</param>
    /// <returns>The loss, one element, on the device.</returns>
    public Tensor Run(Context context, Tensor image, Tensor text, Tensor levels)
    {
        Tensor noisy = context.Allocate(image.Shape), noise = context.Allocate(image.Shape), targets = context.Allocate(image.Shape);
        DiffusionOp.AddNoise(context.Stream, image, levels.At(1), levels.At(2), context.Key("prior.noise"), DiffusionTarget.Clean, noisy,
            noise, targets);
        context.Release(noise);
        Tensor result = loss.Forward(context, network.Forward(context, noisy, text, levels.At(0)), targets, levels.At(3));
        if (context.Training)
            network.Backward(context, loss.Backward(context));
        return result;
    }

    /// <summary>Draws scaled image embeddings.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="noise">What they start from, <c>[B, embedding]</c>; becomes the embeddings.</param>
    /// <param name="text">Scaled embeddings of captions.</param>
    /// <param name="steps">Steps of DDIM.</param>
    public void Draw(Context context, Tensor noise, Tensor text, int steps)
    {
        var sampler = new DdimSampler(Schedule, steps, DiffusionTarget.Clean);
        float[] times = new float[noise.Shape[0]];
        for (int step = 0; step < steps; step++)
        {
            long mark = context.Arena.Mark();
            Array.Fill(times, (float)sampler.TimeOf(step));
            sampler.Step(context, step, noise, network.Forward(context, noise, text, context.Upload(times, times.Length)));
            context.Arena.ReleaseSince(mark);
        }
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public void Abandon()
    {
        network.Abandon();
        loss.Abandon();
    }
}
