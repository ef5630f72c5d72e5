using Dalle2.Data.Sets;
using Dalle2.Gpu.Runtime;
using Dalle2.Kernels.Shared;
using Dalle2.Layers;
using Dalle2.Tensors;
using Dalle2.Training.Families;

namespace Dalle2.Training.Loop;

/// <summary>One stage of a training: what it trains, for how many steps, and one step's forward and backward pass.</summary>
/// <param name="description">Its name, what it does, its curves.</param>
/// <param name="steps">Optimizer steps.</param>
/// <param name="trained">The parameters that it trains; all others stay as they are.</param>
public abstract class Stage(StageDescription description, int steps, IReadOnlyList<ParameterStore> trained)
{
    float[] read = [];
    KeyValuePair<string, double>[] figures = [];

    /// <summary>The name: of <c>--stage</c>, of the log's lines, of the checkpoint folder.</summary>
    public string Name => description.Name;

    /// <summary>What it does, in a few words.</summary>
    public string Title => description.Title;

    /// <summary>Optimizer steps.</summary>
    public int Steps { get; } = steps;

    /// <summary>The parameters that it trains; all others stay as they are.</summary>
    public IReadOnlyList<ParameterStore> Trained { get; } = trained;

    /// <summary>Samples of its batches; null takes the configuration's number.</summary>
    public virtual int? BatchSize => null;

    /// <summary>Whether every second batch is made of captions that differ from each other in one word.</summary>
    public virtual bool HasHardBatches => false;

    /// <summary>The moving average of what it trains, which is what is drawn with, and what later stages find; null if there is none.</summary>
    public virtual ExponentialMovingAverage? Average => null;

    /// <summary>What a checkpoint keeps of each of its parameters beside the value.</summary>
    internal string[] BufferNames =>
        Average == null ? AdamOptimizer.BufferNames : [.. AdamOptimizer.BufferNames, ExponentialMovingAverage.Averages];

    /// <summary>Called before the first step, not on resuming.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Computes what its steps take from the data by way of the frozen parts, which hold the values that they shall have; called before its steps, on resuming too.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="data">The training pictures.</param>
    /// <param name="captions">The word numbers of each.</param>
    public virtual void Prepare(Device device, PreparedData data, int[][] captions)
    {
    }

    /// <summary>Copies all of a batch that the step needs to the device: the beginning of a step.</summary>
    public abstract void Upload(Context context, Batch batch);

    /// <summary>
    /// Queues the forward and backward pass of what was uploaded: leaves the gradients in the trained stores. It copies nothing from or to the
    /// host, and what it queues follows from the shapes of what was uploaded, so that a <see cref="RecordedStep"/> can stand for it.
    /// </summary>
    /// <returns>Figures on the device, the total loss first; see <see cref="Read"/>.</returns>
    public abstract Tensor Run(Context context);

    /// <summary>
    /// How much a batch counts in a step of several: its part of what the loss of the step is a mean of, times the number of batches. Where that is samples, of which all batches have as many, 1.
    /// </summary>
    public virtual float WeightOf(Batch batch) => 1f;

    /// <summary>What the figures on the device mean.</summary>
    protected internal abstract IReadOnlyList<KeyValuePair<string, double>> Describe(ReadOnlySpan<float> values);

    /// <summary>The figures of a step, read from the device with the optimizer's norm in one copy, after everything that was queued.</summary>
    /// <param name="context">The step.</param>
    /// <param name="figures">What <see cref="Run"/> gave, and one more behind it: the norm of the gradients.</param>
    /// <returns>Named figures, the total <c>loss</c> first, in a list that is filled anew by the next step; and the norm.</returns>
    public (IReadOnlyList<KeyValuePair<string, double>> Figures, float Norm) Read(Context context, Tensor figures)
    {
        if (read.Length != figures.Length)
            read = new float[figures.Length];
        context.Stream.Read<float>(figures.View, read);
        return (Describe(read.AsSpan(0, read.Length - 1)), read[^1]);
    }

    /// <summary>All of it but the optimizer: uploads a batch, runs forward and backward, reads the figures.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch)
    {
        Upload(context, batch);
        Tensor values = Run(context);
        return Read(context, Gather(context, values, values.Slice(0, 1))).Figures;
    }

    /// <summary>Forgets a step that was broken off.</summary>
    public abstract void Abandon();

    /// <summary>Pictures that show what the stage has learnt, <c>[B, side, side, 3]</c> each, with what they are called; none for a stage that has nothing to show.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="batch">Captions with their pictures.</param>
    /// <param name="seed">Decides the noise of drawings.</param>
    public virtual IReadOnlyList<(string Label, Tensor Pictures)> Sheet(Context context, Batch batch, ulong seed) => [];

    /// <summary>How well the stage does on samples that it was not trained on; null for a stage that cannot tell. The stages before it are trained.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="samples">The samples.</param>
    public virtual StageHealth? Examine(Context context, HeldOutSamples samples) => null;

    /// <summary>Figures one behind the other: what <see cref="Run"/> returns.</summary>
    protected internal static Tensor Gather(Context context, params ReadOnlySpan<Tensor> parts)
    {
        int length = 0;
        foreach (Tensor part in parts)
            length += part.Length;
        Tensor all = context.Allocate(length);
        int at = 0;
        foreach (Tensor part in parts)
        {
            context.Stream.Copy(part.View, all.Slice(at, part.Length).View);
            at += part.Length;
        }

        return all;
    }

    /// <summary>Reconstruction and weighted divergence: their sum first, then both.</summary>
    protected static Tensor Gather(Context context, Tensor reconstruction, Tensor divergence, float weight)
    {
        Tensor loss = context.Allocate(1);
        ElementwiseOp.Scale(context.Stream, divergence, weight, loss);
        ElementwiseOp.AddInPlace(context.Stream, loss, reconstruction);
        return Gather(context, loss, reconstruction, divergence);
    }

    /// <summary>What <see cref="Read"/> returns.</summary>
    protected IReadOnlyList<KeyValuePair<string, double>> Figures(params ReadOnlySpan<KeyValuePair<string, double>> values)
    {
        if (figures.Length != values.Length)
            figures = new KeyValuePair<string, double>[values.Length];
        values.CopyTo(figures);
        return figures;
    }
}
