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
    KeyValuePair<string, double>[] figures = [];

    /// <summary>The name: of <c>--stage</c>, of the log's lines, of the checkpoint folder.</summary>
    public string Name => description.Name;

    /// <summary>What it does, in a few words.</summary>
    public string Title => description.Title;

    /// <summary>Optimizer steps.</summary>
    public int Steps { get; } = steps;

    /// <summary>The parameters that it trains; all others stay as they are.</summary>
    public IReadOnlyList<ParameterStore> Trained { get; } = trained;

    /// <summary>What a picture of <see cref="Sheet"/> is called; null for a stage that has nothing to show.</summary>
    public virtual string? SheetLabel => null;

    /// <summary>Called before the first step, not on resuming.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Forward and backward pass of one batch: leaves the gradients in the trained stores.</summary>
    /// <returns>Named figures, the total <c>loss</c> first; the list is filled anew by the next step.</returns>
    public abstract IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch);

    /// <summary>Forgets a step that was broken off.</summary>
    public abstract void Abandon();

    /// <summary>Pictures that show what the stage has learnt, <c>[B, side, side, 3]</c>; asked for where there is a <see cref="SheetLabel"/>.</summary>
    /// <param name="context">A step that is not one of training.</param>
    /// <param name="batch">Captions with their pictures.</param>
    /// <param name="seed">Decides the noise of drawings.</param>
    public virtual Tensor Sheet(Context context, Batch batch, ulong seed) => throw new NotSupportedException($"stage '{Name}' has no sheet");

    /// <summary>What <see cref="Step"/> returns.</summary>
    protected IReadOnlyList<KeyValuePair<string, double>> Figures(params ReadOnlySpan<KeyValuePair<string, double>> values)
    {
        if (figures.Length != values.Length)
            figures = new KeyValuePair<string, double>[values.Length];
        values.CopyTo(figures);
        return figures;
    }
}
