namespace Dalle2.Models.Diffusion;

/// <summary>
/// Makes noise a sample in a number of steps, from what a model predicts. Times fall evenly from the start to the end; step i takes the sample at
/// <see cref="TimeOf"/>(i) to <see cref="TimeOf"/>(i + 1), in place, by one launch. A sampler holds no memory of a device: the samples, and the state
/// that some need, are the caller's. What some draw anew in each step belongs to a sample's number, so that a sample is the same in any batch.
/// </summary>
/// <example><code>
/// for (int i = 0; i &lt; sampler.Steps; i++)
///     sampler.Step(context, i, x, Predict(x, sampler.TimeOf(i)), previous, noise);
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

    /// <summary>Whether steps draw noise anew.</summary>
    public virtual bool NeedsNoise => false;

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
        return Coefficients(step, Combination(step, TimeOf(step), TimeOf(step + 1)));
    }

    /// <summary>
    /// What noise that is added multiplies by, once the samples stand in the place of the predictions too: from a time to a later one,
    /// <c>x' = alpha' / alpha x + sqrt(sigma'^2 - (alpha' / alpha)^2 sigma^2) noise</c>.
    /// </summary>
    /// <param name="step">Has noise of its own.</param>
    /// <param name="from">The time of the samples; 0 for those without noise.</param>
    /// <param name="to">The time that they are brought to.</param>
    public SamplerCoefficients Noising(int step, double from, double to)
    {
        double kept = Schedule.Alpha(to) / Schedule.Alpha(from), before = kept * Schedule.Sigma(from), sigma = Schedule.Sigma(to);
        return new SamplerCoefficients(0, 0, kept, 0, 0, Math.Sqrt(Math.Max(0, sigma * sigma - before * before)), false, step);
    }

    /// <summary>Uploads what a step multiplies by: at the beginning of a step that is recorded, with all else that it takes from the host.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    public Tensor Upload(Context context, int step) => Upload(context, Coefficients(step));

    /// <summary>Queues a step whose coefficients were uploaded. It can be recorded.</summary>
    /// <param name="context">The context.</param>
    /// <param name="coefficients">From <see cref="Upload(Context, int)"/>.</param>
    /// <param name="x">The samples; changed.</param>
    /// <param name="prediction">Of the model, of x's shape.</param>
    /// <param name="previous">The state, of x's shape, the same tensor in each step and changed by it; its first values do not matter. Null where <see cref="NeedsPrevious"/> is false.</param>
    /// <param name="noise">The samples' own noise, the same key in each step. Null where <see cref="NeedsNoise"/> is false.</param>
    /// <exception cref="ArgumentException">The extents do not fit, or the state or the noise is missing.</exception>
    public void Apply(Context context, Tensor coefficients, Tensor x, Tensor prediction, Tensor? previous = null, SampleKey? noise = null)
    {
        if (NeedsPrevious && previous == null)
            throw new ArgumentException($"{GetType().Name} needs a tensor for the clean sample of the step before");
        if (NeedsNoise && noise == null)
            throw new ArgumentException($"{GetType().Name} draws noise in each step and needs the samples' numbers");
        SamplerStepOp.Update(
            context.Stream, x, prediction, NeedsPrevious ? previous : null, coefficients, NeedsNoise ? noise : null);
    }

    /// <summary><see cref="Upload(Context, int)"/> and <see cref="Apply"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    /// <exception cref="ArgumentException">The extents do not fit, or the state or the noise is missing.</exception>
    public void Step(Context context, int step, Tensor x, Tensor prediction, Tensor? previous = null, SampleKey? noise = null) =>
        Apply(context, Upload(context, step), x, prediction, previous, noise);

    /// <summary>Adds noise to samples: see <see cref="Noising"/>.</summary>
    /// <param name="context">The context.</param>
    /// <param name="step">Has noise of its own.</param>
    /// <param name="x">The samples; changed.</param>
    /// <param name="from">Their time.</param>
    /// <param name="to">The time that they are brought to.</param>
    /// <param name="noise">The samples' own noise.</param>
    public void AddNoise(Context context, int step, Tensor x, double from, double to, SampleKey noise) =>
        SamplerStepOp.Update(context.Stream, x, x, null, Upload(context, Noising(step, from, to)), noise);

    private protected static Tensor Upload(Context context, SamplerCoefficients coefficients)
    {
        Span<float> numbers = stackalloc float[SamplerCoefficients.Length];
        coefficients.CopyTo(numbers);
        return context.Upload(numbers, SamplerCoefficients.Length);
    }

    // With what makes the clean sample from the prediction at the step's own time.
    private protected SamplerCoefficients Coefficients(int step, (double A, double B, double C, double D) by)
    {
        double t = TimeOf(step), alpha = Schedule.Alpha(t), sigma = Schedule.Sigma(t);
        var (onX, onPrediction) = Predicted switch
        {
            DiffusionTarget.Velocity => (alpha, -sigma),
            DiffusionTarget.Noise => (1 / alpha, -sigma / alpha),
            _ => (0.0, 1.0),
        };
        return new SamplerCoefficients(onX, onPrediction, by.A, by.B, by.C, by.D, clamps, step);
    }

    // Of x, the clean sample, that of the step before, and noise.
    private protected abstract (double A, double B, double C, double D) Combination(int step, double from, double to);
}
