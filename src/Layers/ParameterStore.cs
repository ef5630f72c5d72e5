
namespace Dalle2.Layers;

/// <summary>
/// The memory of a layer's parameters: values, gradients and whatever else is kept of each, by name (an optimizer's moments, averages of the
/// values), each one contiguous buffer, so that clearing, the global norm and Adam are one launch each. What weight decay shrinks comes first,
/// so that Adam knows it by a place alone. The gaps between parameters are zero and stay zero.
/// </summary>
public sealed class ParameterStore : IDisposable
{
    const int Alignment = 16;

    readonly Device device;
    readonly Buffer<float> values;
    readonly Buffer<float> gradients;
    readonly Dictionary<string, Buffer<float>> buffers = [];
    readonly Dictionary<string, (Parameter Parameter, long Offset)> byName = [];

    /// <summary>Gives memory to all parameters below a layer, names them and sets their first values.</summary>
    /// <param name="device">Where they live.</param>
    /// <param name="name">The name of the root, a prefix of every parameter's.</param>
    /// <param name="root">The layer.</param>
    /// <param name="seed">Decides the first values, with each parameter's full name; null leaves zeros, for what is read from a file next.</param>
    /// <exception cref="ArgumentException">Two parameters have the same full name.</exception>
    public ParameterStore(Device device, string name, Layer root, ulong? seed)
    {
        this.device = device;
        Root = root;
        root.Adopt(name);
        Parameters = [.. root.AllParameters];
        long length = 0;
        int decayed = Parameters.Count(IsDecayed);
        foreach (Parameter parameter in Parameters.OrderByDescending(IsDecayed))
        {
            if (!byName.TryAdd(parameter.Name, (parameter, length)))
                throw new ArgumentException($"two parameters are called '{parameter.Name}'");
            length += (parameter.Shape.Length + Alignment - 1) / Alignment * Alignment;
            if (byName.Count == decayed)
                DecayedLength = (int)length;
        }

        values = Zeroed(length);
        gradients = Zeroed(length);
        foreach (var (parameter, offset) in byName.Values)
        {
            parameter.Place(
                new Tensor(values.View.Part(offset, parameter.Shape.Length), parameter.Shape),
                new Tensor(gradients.View.Part(offset, parameter.Shape.Length), parameter.Shape));
        }

        if (seed is { } given)
            SetInitialValues(given);
    }

    /// <summary>Sets the first values of all parameters.</summary>
    /// <param name="seed">Decides them, with each parameter's full name.</param>
    public void SetInitialValues(ulong seed)
    {
        var first = new float[Parameters.Count][];
        Parallel.For(0, first.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, device.Threads) }, i =>
        {
            Parameter parameter = Parameters[i];
            first[i] = new float[parameter.Shape.Length];
            parameter.Initializer.Fill(first[i], RandomKey.Named(seed, ulong.MaxValue, parameter.Name));
        });
        for (int i = 0; i < first.Length; i++)
            Parameters[i].Value.Write(device.Stream, first[i]);
    }

    /// <summary>Where the parameters live.</summary>
    public Device Device => device;

    /// <summary>The layer.</summary>
    public Layer Root { get; }

    /// <summary>All parameters, depth first.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The values from the first up to here are weights that decay: those of trainable parameters of two axes or more. Biases, gains and statistics follow.</summary>
    public int DecayedLength { get; }

    /// <summary>How many numbers training changes.</summary>
    public long TrainableCount => Parameters.Where(p => p.Trainable).Sum(p => (long)p.Shape.Length);

    /// <summary>All values, gaps included.</summary>
    public ArrayView<float> Values => values.View;

    /// <summary>All gradients, in the order of <see cref="Values"/>.</summary>
    public ArrayView<float> Gradients => gradients.View;

    /// <summary>The names of the buffers kept beside values and gradients, in the order in which they were first asked for.</summary>
    public IReadOnlyCollection<string> BufferNames => buffers.Keys;

    /// <summary>A buffer kept beside the values, in their order; zeros from the first call on, until something is written.</summary>
    /// <param name="name">Its name, as a checkpoint has it before the parameters' names: <c>adam.m</c>, <c>ema</c>.</param>
    public ArrayView<float> Buffer(string name)
    {
        if (!buffers.TryGetValue(name, out Buffer<float>? buffer))
            buffers.Add(name, buffer = Zeroed(values.Length));
        return buffer.View;
    }

    /// <summary>What a buffer holds of one parameter; see <see cref="Buffer(string)"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such parameter.</exception>
    public Tensor Buffer(string name, string parameter)
    {
        var (found, offset) = byName[parameter];
        return new Tensor(Buffer(name).Part(offset, found.Shape.Length), found.Shape);
    }

    /// <summary>Where a parameter's values begin in <see cref="Values"/>, and its gradients in <see cref="Gradients"/>.</summary>
    /// <exception cref="KeyNotFoundException">It is another store's.</exception>
    public long OffsetOf(Parameter parameter) => byName[parameter.Name].Offset;

    /// <summary>Sets all gradients to zero.</summary>
    public void ClearGradients() => device.Stream.Clear(Gradients);

    /// <summary>Sets a buffer to zero; one that was never asked for is none.</summary>
    public void Clear(string name)
    {
        if (buffers.TryGetValue(name, out Buffer<float>? buffer))
            device.Stream.Clear(buffer.View);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        gradients.Dispose();
        foreach (Buffer<float> buffer in buffers.Values)
            buffer.Dispose();
    }

    static bool IsDecayed(Parameter parameter) => parameter is { Trainable: true, Shape.Rank: > 1 };

    Buffer<float> Zeroed(long length)
    {
        Buffer<float> buffer = device.Allocate<float>(length);
        device.Stream.Clear(buffer.View);
        return buffer;
    }
}
