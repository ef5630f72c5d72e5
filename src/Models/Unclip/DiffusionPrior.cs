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
    /// <exception cref="InvalidCastException">The model's prior is of another form.</exception>
    public DiffusionPrior(UnclipModel model) => network = (PriorNetwork)model.Prior;

    /// <summary>How noise grows with time.</summary>
    public NoiseSchedule Schedule { get; } = NoiseSchedule.Cosine();

    /// <summary>Forward and, in training, backward.</summary>
    /// <param name="context">The step.</param>
    /// <param name="image">Scaled embeddings of pictures, <c>[B, embedding]</c>.</param>
    /// <param name="condition">Of their captions.</param>
    /// <param name="levels">Of each sample its time, alpha, sigma and weight, <c>[4, B]</c>.</param>
    /// <returns>The loss, one element, on the device.</returns>
    public Tensor Run(Context context, Tensor image, PriorCondition condition, Tensor levels)
    {
        Tensor noisy = context.Allocate(image.Shape), noise = context.Allocate(image.Shape), targets = context.Allocate(image.Shape);
        DiffusionOp.AddNoise(context.Stream, image, levels.At(1), levels.At(2), context.Key("prior.noise"), DiffusionTarget.Clean, noisy,
            noise, targets);
        context.Release(noise);
        Tensor result = loss.Forward(context, network.Forward(context, noisy, condition, levels.At(0)), targets, levels.At(3));
        if (context.Training)
            network.Backward(context, loss.Backward(context));
        return result;
    }

    /// <summary>Draws scaled image embeddings.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="noise">What they start from, <c>[B, embedding]</c>; becomes the embeddings.</param>
    /// <param name="condition">Of captions.</param>
    /// <param name="steps">Steps of DDIM.</param>
    /// <param name="guidance">How far from the prediction without the condition: 0 without it, 1 with it, more to overdo it.</param>
    public void Draw(Context context, Tensor noise, PriorCondition condition, int steps, float guidance)
    {
        var sampler = new DdimSampler(Schedule, steps, DiffusionTarget.Clean);
        bool isGuided = guidance != 1f;
        if (isGuided)
        {
            condition = new PriorCondition(Guidance.WithAndWithout(context, condition.Text),
                condition.Words is { } words ? Guidance.WithAndWithout(context, words) : null);
        }

        float[] times = new float[condition.Text.Shape[0]];
        for (int step = 0; step < steps; step++)
        {
            long mark = context.Arena.Mark();
            Array.Fill(times, (float)sampler.TimeOf(step));
            Tensor given = isGuided ? Guidance.Twice(context, noise) : noise;
            Tensor prediction = network.Forward(context, given, condition, context.Upload(times, times.Length));
            sampler.Step(context, step, noise, isGuided ? Guidance.Combine(context, prediction, guidance) : prediction);
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
