namespace Dalle2.Layers;

/// <summary>
/// The exponential moving average of all values of a store, <c>average += (1 - decay) (value - average)</c> after each step of training: weights that draw better than the last ones.
/// With warm-up the decay of step t, counted from 0, is <c>min(decay, (1 + t) / (10 + t))</c>, so that the first values are forgotten soon.
/// </summary>
/// <remarks>
/// The averages are the store's buffer <see cref="Averages"/>, so that a checkpoint has them; they begin as copies of the values unless the store
/// had them before.
/// </remarks>
public sealed class ExponentialMovingAverage
{
    /// <summary>The store's buffer of averages.</summary>
    public const string Averages = "ema";

    readonly ParameterStore store;
    readonly double decay;
    readonly bool warmsUp;
    Tensor? rate;

    /// <summary>Averages of a store's values.</summary>
    /// <param name="store">Whose values; not owned.</param>
    /// <param name="decay">What remains of the averages in a step, in [0, 1).</param>
    /// <param name="warmsUp">Whether the first steps have a smaller decay.</param>
    /// <exception cref="ArgumentException">The decay is outside of [0, 1).</exception>
    public ExponentialMovingAverage(ParameterStore store, double decay = 0.9999, bool warmsUp = true)
    {
        if (!(decay is >= 0 and < 1))
            throw new ArgumentException($"the decay of a moving average lies in [0, 1); it is {decay}");
        this.store = store;
        this.decay = decay;
        this.warmsUp = warmsUp;
        bool isNew = !store.BufferNames.Contains(Averages);
        ArrayView<float> averages = store.Buffer(Averages);
        if (isNew)
            store.Device.Stream.Copy(store.Values, averages);
    }

    /// <summary>Steps taken; set it to resume.</summary>
    public long StepCount { get; set; }

    /// <summary>Whether the store's values are the averages now, and its averages the values; see <see cref="Swap"/>.</summary>
    public bool IsSwapped { get; private set; }

    /// <summary>The decay of a step, counted from 0.</summary>
    public double DecayAt(long step) => warmsUp ? Math.Min(decay, (1.0 + step) / (10.0 + step)) : decay;

    /// <summary>Takes the values into the averages: <see cref="Prepare"/> and <see cref="Update"/>.</summary>
    /// <exception cref="InvalidOperationException">Values and averages are swapped.</exception>
    public void Step(Context context)
    {
        Prepare(context);
        Update(context);
    }

    /// <summary>Counts a step and uploads its decay: at the step's beginning, with all else that it takes from the host.</summary>
    public void Prepare(Context context) => rate = context.Upload([(float)(1 - DecayAt(StepCount++))], 1);

    /// <summary>Queues what <see cref="Prepare"/> made ready, behind the optimizer; one launch. It can be recorded.</summary>
    /// <exception cref="InvalidOperationException">No step was made ready, or values and averages are swapped.</exception>
    public void Update(Context context)
    {
        if (rate == null)
            throw new InvalidOperationException("the step of the moving average was not made ready; call Prepare at the step's beginning");
        if (IsSwapped)
            throw new InvalidOperationException("values and averages are swapped; swap them back before the next step of training");
        ExponentialMovingAverageOp.Update(context.Stream, store.Buffer(Averages), store.Values, rate.View);
    }

    /// <summary>Makes the averages copies of the values again: after values were set by other means than training.</summary>
    public void Restart(Stream stream) => stream.Copy(store.Values, store.Buffer(Averages));

    /// <summary>Exchanges values and averages, so that the store's layers compute with the averages; called again, back.</summary>
    public void Swap(Stream stream)
    {
        ExponentialMovingAverageOp.Swap(stream, store.Values, store.Buffer(Averages));
        IsSwapped = !IsSwapped;
    }

    /// <summary>Copies the averages to the values of another store of the same layers.</summary>
    /// <exception cref="ArgumentException">The other store has other parameters.</exception>
    public void CopyTo(Stream stream, ParameterStore target)
    {
        if (!target.Parameters.Select(p => p.Shape).SequenceEqual(store.Parameters.Select(p => p.Shape)))
            throw new ArgumentException("the averages of one store go to another only if its parameters have the same shapes");
        stream.Copy(IsSwapped ? store.Values : store.Buffer(Averages), target.Values);
    }
}
