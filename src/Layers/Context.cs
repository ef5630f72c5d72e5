namespace Dalle2.Layers;

/// <summary>What a step of a model runs in: the device's stream, the memory for its tensors, the key of its random numbers.</summary>
public sealed class Context : IDisposable
{
    // Of more values than these a copy of their own costs less than copying them twice.
    const int MostGathered = 1 << 14;

    readonly StepInputs inputs;
    readonly List<object> uploaded = [];
    IntTensor? stepWords;
    bool isGathering;

    /// <summary>A context on a device.</summary>
    /// <param name="device">Where kernels run; not owned.</param>
    /// <param name="seed">The run's seed: with <see cref="Step"/> and a layer's name it decides every random number.</param>
    public Context(Device device, ulong seed = 0)
    {
        Device = device;
        Seed = seed;
        Arena = new Arena(device);
        inputs = new StepInputs(device);
    }

    /// <summary>Where kernels run.</summary>
    public Device Device { get; }

    /// <summary>The device's stream.</summary>
    public Stream Stream => Device.Stream;

    /// <summary>Memory for the tensors of this step.</summary>
    public Arena Arena { get; }

    /// <summary>The run's seed.</summary>
    public ulong Seed { get; }

    /// <summary>The step; moved by <see cref="BeginStep"/>.</summary>
    public ulong Step { get; private set; }

    /// <summary>True while training: dropout drops, batch normalization uses the batch, layers keep what Backward needs.</summary>
    public bool Training { get; private set; }

    /// <summary>Examine each layer's output and gradient for NaN and infinity, and throw <see cref="NonFiniteException"/> at the first.</summary>
    public bool CheckFinite { get; set; }

    /// <summary>Hears of each layer when its backward pass is queued, so that this pass adds nothing more to the gradients of its own parameters; null for nobody.</summary>
    public Action<Layer>? BackwardQueued { get; set; }

    /// <summary>Bytes of device memory that it holds.</summary>
    public long CapacityBytes => Arena.CapacityBytes + inputs.CapacityBytes;

    /// <summary>What was uploaded in this step, in order: tensors, which are the same objects in each step of the same shapes.</summary>
    internal IReadOnlyList<object> Uploaded => uploaded;

    /// <summary>Takes back the tensors of the step before and sets the key of the random numbers.</summary>
    public void BeginStep(ulong step, bool training)
    {
        Arena.Reset();
        uploaded.Clear();
        stepWords = null;
        Step = step;
        Training = training;
    }

    /// <summary>Until disposed, layers run as outside of training: for frozen parts of a model that is trained.</summary>
    /// <param name="frozen">False changes nothing.</param>
    public InferenceScope Inference(bool frozen = true) => new(this, frozen);

    /// <summary>An uninitialized tensor, valid until the next <see cref="BeginStep"/>.</summary>
    public Tensor Allocate(params ReadOnlySpan<int> extents) => Arena.Allocate(new Shape(extents));

    /// <summary>An uninitialized tensor of a shape, valid until the next <see cref="BeginStep"/>.</summary>
    public Tensor Allocate(Shape shape) => Arena.Allocate(shape);

    /// <summary>An uninitialized tensor of a shape, kept in a type; valid until the next <see cref="BeginStep"/>.</summary>
    /// <exception cref="ArgumentException">The last extent does not suit the type.</exception>
    public Tensor Allocate(Shape shape, ElementType type) => Arena.Allocate(shape, type);

    /// <summary>
    /// A tensor between two layers that both take either type: in bfloat16 where the device multiplies in it (<see cref="Precision.Bf16"/>) and the last extent is a
    /// multiple of <see cref="Tensor.BrainFloatMultiple"/>, else in floats.
    /// </summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="isBetween">Whether it lies between two such layers; if not, floats.</param>
    public Tensor AllocateActivation(Shape shape, bool isBetween) => Arena.Allocate(
        shape, isBetween && Device.Precision == Precision.Bf16 && shape[-1] % Tensor.BrainFloatMultiple == 0
        ? ElementType.BFloat16 : ElementType.Float32);

    /// <summary>A tensor in another type, for an op that does not take its own: itself, or a copy that <see cref="ReleaseConverted"/> gives back.</summary>
    internal Tensor Converted(Tensor tensor, ElementType type)
    {
        if (tensor.Type == type)
            return tensor;
        Tensor converted = Allocate(tensor.Shape, type);
        BFloat16Op.Convert(Stream, tensor, converted);
        return converted;
    }

    /// <summary>Gives back what <see cref="Converted"/> made, if it made anything.</summary>
    internal void ReleaseConverted(Tensor tensor, Tensor converted)
    {
        if (converted != tensor)
            Release(converted);
    }

    /// <summary>Room for an op's intermediate results, of so many elements, of one at least; uninitialized, valid until the next <see cref="BeginStep"/>.</summary>
    public Tensor Workspace(int length) => Allocate(Math.Max(1, length));

    /// <summary>A tensor of zeros, valid until the next <see cref="BeginStep"/>.</summary>
    public Tensor Zeros(params ReadOnlySpan<int> extents)
    {
        Tensor tensor = Allocate(extents);
        Stream.Clear(tensor.View);
        return tensor;
    }

    /// <summary>
    /// Until disposed, what is uploaded is gathered, and then copied to the device in one go: the beginning of a step that is recorded. Nothing that reads it
    /// may be queued before. Large tensors, as pictures are, are copied by themselves.
    /// </summary>
    /// <exception cref="InvalidOperationException">Uploads are gathered already.</exception>
    public GatheringScope GatherUploads()
    {
        if (isGathering)
            throw new InvalidOperationException("uploads are gathered already");
        isGathering = true;
        inputs.Begin();
        UploadStep();
        return new GatheringScope(this);
    }

    /// <summary>Host values as a tensor, valid until the next <see cref="BeginStep"/>.</summary>
    public Tensor Upload(ReadOnlySpan<float> values, params ReadOnlySpan<int> extents)
    {
        Tensor tensor;
        if (isGathering && values.Length <= MostGathered)
        {
            tensor = inputs.Add(values, new Shape(extents));
        }
        else
        {
            tensor = Allocate(extents);
            tensor.Write(Stream, values);
        }

        uploaded.Add(tensor);
        return tensor;
    }

    /// <summary>Host integers as a tensor, valid until the next <see cref="BeginStep"/>.</summary>
    public IntTensor Upload(ReadOnlySpan<int> values, params ReadOnlySpan<int> extents)
    {
        IntTensor tensor;
        if (isGathering && values.Length <= MostGathered)
        {
            tensor = inputs.Add(values, new Shape(extents));
        }
        else
        {
            tensor = Arena.AllocateIntegers(new Shape(extents));
            tensor.Write(Stream, values);
        }

        uploaded.Add(tensor);
        return tensor;
    }

    /// <summary>Gives back the memory of a tensor that nothing of this step reads any more.</summary>
    /// <exception cref="InvalidOperationException">It was not allocated in this step, or was given back before.</exception>
    public void Release(Tensor tensor) => Arena.Release(tensor);

    /// <summary>The key of a random tensor of this step.</summary>
    public StepKey Key(string name) => new(RandomKey.Named(Seed, Step, name), (stepWords ?? UploadStep()).View);

    /// <inheritdoc/>
    public void Dispose()
    {
        Arena.Dispose();
        inputs.Dispose();
    }

    IntTensor UploadStep() => stepWords = Upload([(int)Step, (int)(Step >> 32)], 2);

    /// <summary>A time in which uploads are gathered; see <see cref="GatherUploads"/>.</summary>
    public readonly struct GatheringScope : IDisposable
    {
        readonly Context context;

        internal GatheringScope(Context context) => this.context = context;

        /// <summary>Copies what was gathered.</summary>
        public void Dispose()
        {
            context.isGathering = false;
            context.inputs.Copy();
        }
    }

    /// <summary>A time in which layers run as outside of training; see <see cref="Inference"/>.</summary>
    public readonly struct InferenceScope : IDisposable
    {
        readonly Context context;
        readonly bool before;

        internal InferenceScope(Context context, bool frozen)
        {
            this.context = context;
            before = context.Training;
            context.Training &= !frozen;
        }

        /// <inheritdoc/>
        public void Dispose() => context.Training = before;
    }
}

/// <summary>A layer's output, gradient or parameter holds NaN or infinity.</summary>
public sealed class NonFiniteException(string layer, string what) : Exception($"{layer}: {what}")
{
    /// <summary>The full name of the layer.</summary>
    public string Layer { get; } = layer;
}
