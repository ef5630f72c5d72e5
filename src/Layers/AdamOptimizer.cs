
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
    readonly Piece[] pieces;
    readonly Buffer<float> partials;
    readonly Buffer<float> norm;
    readonly Buffer<float>[] moments = [];
    readonly ParameterStore[] shared = [];
    Tensor? scalars;

    /// <summary>An optimizer at step 0; the moments are the stores' own.</summary>
    /// <param name="device">Where the stores live.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="stores">What it changes; not owned.</param>
    /// <exception cref="ArgumentException">There is no store, or an option makes no sense.</exception>
    public AdamOptimizer(Device device, AdamOptions? options, params ParameterStore[] stores)
        : this(device, options, stores, null)
    {
    }

    /// <summary>An optimizer of a part of some stores, whose moments are its own; others have the rest (ZeRO, stage 1: Rajbhandari et al., 2020, arXiv 1910.02054).</summary>
    /// <param name="device">Where the stores live.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="stores">The stores; not owned.</param>
    /// <param name="shard">The ranges that it changes: store, first value, length. The first value is that of a <see cref="ReductionOp.Chunk"/>. Null: all.</param>
    /// <exception cref="ArgumentException">There is no store, or an option makes no sense.</exception>
    public AdamOptimizer(Device device, AdamOptions? options, ParameterStore[] stores, (int Store, long Offset, int Length)[]? shard)
    {
        if (stores.Length == 0)
            throw new ArgumentException("an optimizer needs a store of parameters at least");
        this.options = options ?? new AdamOptions();
        this.options.Validate();
        rule = AdamRule.Of(this.options.Beta1, this.options.Beta2, this.options.Epsilon, this.options.ClipNorm);
        var firstPartials = new long[stores.Length];
        long count = 0;
        for (int store = 0; store < stores.Length; store++)
        {
            firstPartials[store] = count;
            count += ReductionOp.Partials(stores[store].Gradients.Length);
        }

        partials = device.Allocate<float>(count);
        norm = device.Allocate<float>(1);
        device.Stream.Clear(norm.View);
        Norm = new Tensor(norm.View, new Shape(1));
        if (shard == null)
        {
            // Before anybody asks what memory is left.
            pieces = [.. stores.Select((store, i) => new Piece(store, 0, firstPartials[i],
                store.Values, store.Gradients, store.Buffer(FirstMoments), store.Buffer(SecondMoments)))];
            return;
        }

        shared = stores;
        long kept = shard.Sum(range => (long)range.Length), at = 0;
        moments = [device.Allocate<float>(kept), device.Allocate<float>(kept)];
        foreach (Buffer<float> buffer in moments)
            device.Stream.Clear(buffer.View);
        pieces = new Piece[shard.Length];
        for (int i = 0; i < shard.Length; i++)
        {
            var (store, offset, length) = shard[i];
            if (offset % ReductionOp.Chunk != 0)
                throw new ArgumentException($"a part of an optimizer begins at a multiple of {ReductionOp.Chunk}, not at {offset}");
            pieces[i] = new Piece(stores[store], offset, firstPartials[store] + offset / ReductionOp.Chunk,
                stores[store].Values.Part(offset, length), stores[store].Gradients.Part(offset, length),
                moments[0].View.Part(at, length), moments[1].View.Part(at, length));
            at += length;
        }
    }

    /// <summary>The buffers that it keeps in its stores: what a checkpoint needs to go on.</summary>
    public static string[] BufferNames => [FirstMoments, SecondMoments];

    /// <summary>The moments of a part of the stores, one range behind the other, in the order of <see cref="BufferNames"/>; none where they are the stores' own.</summary>
    public IReadOnlyList<ArrayView<float>> Moments => [.. moments.Select(buffer => buffer.View)];

    /// <summary>The partial sums of the squares of all gradients, store after store: those of other parts are to be filled in between <see cref="Measure"/> and <see cref="Apply"/>.</summary>
    public ArrayView<float> Partials => partials.View;

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
        Measure(context);
        Apply(context, loss);
    }

    /// <summary>Queues the first half of <see cref="Update"/>: the partial sums of the squares of its gradients.</summary>
    public void Measure(Context context)
    {
        foreach (Piece piece in pieces)
        {
            ReductionOp.PartialSumsOfSquares(context.Stream, piece.Gradients,
                partials.View.Part(piece.FirstPartial, ReductionOp.Partials(piece.Gradients.Length)));
        }
    }

    /// <summary>Queues the second half of <see cref="Update"/>, by the partial sums of all; gradients outside of its part are set to zero too.</summary>
    public void Apply(Context context, Tensor? loss = null)
    {
        if (scalars == null)
            throw new InvalidOperationException("the optimizer's step was not made ready; call Prepare at the step's beginning");
        Stream stream = context.Stream;
        ReductionOp.Norm(stream, partials.View, norm.View);
        if (loss != null)
            AdamOp.RequireFinite(stream, loss, Norm);
        foreach (Piece piece in pieces)
        {
            int decayed = (int)Math.Clamp(piece.Store.DecayedLength - piece.Offset, 0, piece.Values.Length);
            AdamOp.Update(stream, piece.Values, piece.Gradients, piece.FirstMoments, piece.SecondMoments, norm.View, rule, scalars.View,
                decayed);
        }

        foreach (ParameterStore store in shared)
            store.ClearGradients();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        partials.Dispose();
        norm.Dispose();
        foreach (Buffer<float> buffer in moments)
            buffer.Dispose();
    }

    // Neighboring values of a store that one launch changes.
    readonly record struct Piece(ParameterStore Store, long Offset, long FirstPartial, ArrayView<float> Values, ArrayView<float> Gradients,
        ArrayView<float> FirstMoments, ArrayView<float> SecondMoments);
}
