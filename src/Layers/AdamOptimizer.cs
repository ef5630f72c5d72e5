
namespace Dalle2.Layers;

/// <summary>
/// Adam and AdamW over the parameters of one or more stores, with clipping by the norm of all their gradients together. A step whose norm or
/// loss is NaN or infinite changes nothing, and <see cref="Norm"/> shows it: so the host need not look before the step is queued.
/// </summary>
public sealed class AdamOptimizer : IDisposable
{
    /// <summary>The stores' buffer of running means of the gradients.</summary>
    public const string FirstMoments = "adam.m";

    /// <summary>The stores' buffer of running means of the squared gradients.</summary>
    public const string SecondMoments = "adam.v";

    readonly AdamOptions options;
    readonly AdamRule rule;
    readonly ParameterStore[] stores;
    readonly Buffer<float> partials;
    readonly Buffer<float> norm;
    Tensor? scalars;

    /// <summary>An optimizer at step 0; the moments are the stores' own.</summary>
    /// <param name="device">Where the stores live.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="stores">What it changes; not owned.</param>
    /// <exception cref="ArgumentException">There is no store, or an option makes no sense.</exception>
    public AdamOptimizer(Device device, AdamOptions? options, params ParameterStore[] stores)
    {
        if (stores.Length == 0)
            throw new ArgumentException("an optimizer needs a store of parameters at least");
        this.options = options ?? new AdamOptions();
        this.options.Validate();
        rule = AdamRule.Of(this.options.Beta1, this.options.Beta2, this.options.Epsilon, this.options.ClipNorm);
        this.stores = stores;
        partials = device.Allocate<float>(stores.Sum(s => (long)ReductionOp.Partials(s.Gradients.Length)));
        norm = device.Allocate<float>(1);
        device.Stream.Clear(norm.View);
        Norm = new Tensor(norm.View, new Shape(1));
        // Before anybody asks what memory is left.
        foreach (ParameterStore store in stores)
            Array.ForEach(BufferNames, name => store.Buffer(name));
    }

    /// <summary>The buffers that it keeps in its stores: what a checkpoint needs to go on.</summary>
    public static string[] BufferNames => [FirstMoments, SecondMoments];

    /// <summary>Steps taken, those without effect included; set it to resume.</summary>
    public long StepCount { get; set; }

    /// <summary>The norm of all gradients of the last step before clipping, on the device, one element; 0 before the first. NaN or infinite: the step changed nothing.</summary>
    public Tensor Norm { get; }

    /// <summary>Changes the parameters by their gradients, then sets the gradients to zero: <see cref="Prepare"/> and <see cref="Update"/>.</summary>
    /// <param name="context">The step, on the same device.</param>
    /// <param name="learningRate">Of this step; 0 or more.</param>
    /// <param name="loss">See <see cref="Update"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The learning rate is negative or not finite.</exception>
    public void Step(Context context, double learningRate, Tensor? loss = null)
    {
        Prepare(context, learningRate);
        Update(context, loss);
    }

    /// <summary>Counts a step and uploads its scalars: at the step's beginning, with all else that it takes from the host.</summary>
    /// <param name="context">The step, on the same device.</param>
    /// <param name="learningRate">Of this step; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The learning rate is negative or not finite.</exception>
    public void Prepare(Context context, double learningRate)
    {
        if (!(learningRate >= 0) || double.IsInfinity(learningRate))
            throw new ArgumentOutOfRangeException(nameof(learningRate), $"the learning rate must be 0 or more, not {learningRate}");
        StepCount++;
        AdamStep step = AdamStep.Of(StepCount, learningRate, options.Beta1, options.Beta2, options.WeightDecay);
        Span<float> numbers = stackalloc float[AdamStep.Length];
        step.CopyTo(numbers);
        scalars = context.Upload(numbers, AdamStep.Length);
    }

    /// <summary>Queues what <see cref="Prepare"/> made ready: changes the parameters by their gradients, then sets the gradients to zero. It can be recorded.</summary>
    /// <param name="context">The step.</param>
    /// <param name="loss">The step's loss, one element: if it is not finite nothing changes, and the norm becomes NaN. Null: the gradients alone decide.</param>
    /// <exception cref="InvalidOperationException">No step was made ready.</exception>
    public void Update(Context context, Tensor? loss = null)
    {
        if (scalars == null)
            throw new InvalidOperationException("the optimizer's step was not made ready; call Prepare at the step's beginning");
        Stream stream = context.Stream;
        Measure(stream);
        if (loss != null)
            AdamOp.RequireFinite(stream, loss, Norm);
        foreach (ParameterStore store in stores)
        {
            AdamOp.Update(stream, store.Values, store.Gradients, store.Buffer(FirstMoments), store.Buffer(SecondMoments), norm.View, rule,
                scalars.View, store.DecayedLength);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        partials.Dispose();
        norm.Dispose();
    }

    void Measure(Stream stream)
    {
        long offset = 0;
        foreach (ParameterStore store in stores)
        {
            ArrayView<float> part = partials.View.Part(offset, ReductionOp.Partials(store.Gradients.Length));
            ReductionOp.PartialSumsOfSquares(stream, store.Gradients, part);
            offset += part.Length;
        }

        ReductionOp.Norm(stream, partials.View, norm.View);
    }
}
