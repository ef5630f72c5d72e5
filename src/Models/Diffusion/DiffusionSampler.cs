namespace Dalle2.Models.Diffusion;

/// <summary>
/// Makes noise a sample in a number of steps, from what a model predicts. Times fall evenly from the start to the end; step i takes the sample at
/// <see cref="TimeOf"/>(i) to <see cref="TimeOf"/>(i + 1), in place, by one launch. A sampler holds no memory of a device: the samples, and the state
/// that some need, are the caller's.
/// </summary>
/// <example><code>
/// for (int i = 0; i &lt; sampler.Steps; i++)
///     sampler.Step(context, i, x, Predict(x, sampler.TimeOf(i)), previous);
/// </code></example>
public abstract class DiffusionSampler
{
    readonly bool clamps;
    readonly double start;
    readonly double end;

    private protected DiffusionSampler(NoiseSchedule schedule, int steps, DiffusionTarget predicted, bool clamps, double start, double end)
    {
        if (steps < 1 || !(end is >= 0 && end < start && start <= 1))
        {
            throw new ArgumentException(
                $"a sampler goes down from a time to another, in [0, 1], by one step or more, not from {start} to {end} by {steps}");
        }

        if (!Enum.IsDefined(predicted))
            throw new ArgumentException($"there is no target number {(int)predicted}");
        Schedule = schedule;
        Steps = steps;
        Predicted = predicted;
        this.clamps = clamps;
        this.start = start;
        this.end = end;
    }

    /// <summary>The schedule that the model was trained with.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>How many steps there are.</summary>
    public int Steps { get; }

    /// <summary>What the model predicts.</summary>
    public DiffusionTarget Predicted { get; }

    /// <summary>Whether a step needs the clean sample of the one before.</summary>
    public virtual bool NeedsPrevious => false;

    /// <summary>The time of the sample before a step, or after the last one: what the model is to be told.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public double TimeOf(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, Steps);
        return step == Steps ? end : start + (end - start) * step / Steps;
    }

    /// <summary>What a step multiplies by.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public SamplerCoefficients Coefficients(int step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
        double t = TimeOf(step), alpha = Schedule.Alpha(t), sigma = Schedule.Sigma(t);
        var (onX, onPrediction) = Predicted switch
        {
            DiffusionTarget.Velocity => (alpha, -sigma),
            DiffusionTarget.Noise => (1 / alpha, -sigma / alpha),
            _ => (0.0, 1.0),
        };
        var (a, b, c, d) = Combination(step, t, TimeOf(step + 1));
        return new SamplerCoefficients(onX, onPrediction, a, b, c, d, clamps, step);
    }

    /// <summary>Uploads what a step multiplies by: at the beginning of a step that is recorded, with all else that it takes from the host.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public Tensor Upload(Context context, int step)
    {
        Span<float> numbers = stackalloc float[SamplerCoefficients.Length];
        Coefficients(step).CopyTo(numbers);
        return context.Upload(numbers, SamplerCoefficients.Length);
    }

    /// <summary>Queues a step whose coefficients were uploaded. It can be recorded.</summary>
    /// <param name="context">The context; its seed and step decide the noise, together with the sampler's step.</param>
    /// <param name="coefficients">From <see cref="Upload"/>.</param>
    /// <param name="x">The samples; changed.</param>
    /// <param name="prediction">Of the model, of x's shape.</param>
    /// <param name="previous">The state, of x's shape, the same tensor in each step and changed by it; its first values do not matter. Null where <see cref="NeedsPrevious"/> is false.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or the state is missing.</exception>
    public void Apply(Context context, Tensor coefficients, Tensor x, Tensor prediction, Tensor? previous = null)
    {
        if (NeedsPrevious && previous == null)
            throw new ArgumentException($"{GetType().Name} needs a tensor for the clean sample of the step before");
        SamplerStepOp.Update(
            context.Stream, x, prediction, NeedsPrevious ? previous : null, coefficients, context.Key("sampler"));
    }

    /// <summary><see cref="Upload"/> and <see cref="Apply"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    /// <exception cref="ArgumentException">The extents do not fit, or the state is missing.</exception>
    public void Step(Context context, int step, Tensor x, Tensor prediction, Tensor? previous = null) =>
        Apply(context, Upload(context, step), x, prediction, previous);

    // Of x, the clean sample, that of the step before, and noise.
    private protected abstract (double A, double B, double C, double D) Combination(int step, double from, double to);
}
