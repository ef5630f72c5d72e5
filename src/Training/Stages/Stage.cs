using Dalle2.Layers;

namespace Dalle2.Training.Stages;

/// <summary>One stage of a training: what it trains, for how many steps, and one step's forward and backward pass.</summary>
public abstract class Stage
{
    KeyValuePair<string, double>[] figures = [];

    private protected Stage(string name, string title, int steps, IReadOnlyList<ParameterStore> trained)
    {
        Name = name;
        Title = title;
        Steps = steps;
        Trained = trained;
    }

    /// <summary>The name: of <c>--stage</c>, of the log's lines, of the checkpoint folder.</summary>
    public string Name { get; }

    /// <summary>What it does, in a few words.</summary>
    public string Title { get; }

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; }

    /// <summary>The parameters that it trains; all others stay as they are.</summary>
    public IReadOnlyList<ParameterStore> Trained { get; }

    /// <summary>Called before the first step, not on resuming.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Forward and backward pass of one batch: leaves the gradients in the trained stores.</summary>
    /// <returns>Named figures, the total <c>loss</c> first; the list is filled anew by the next step.</returns>
    public abstract IReadOnlyList<KeyValuePair<string, double>> Step(Context context, Batch batch);

    /// <summary>Forgets a step that was broken off.</summary>
    public abstract void Abandon();

    /// <summary>What <see cref="Step"/> returns.</summary>
    private protected IReadOnlyList<KeyValuePair<string, double>> Figures(params ReadOnlySpan<KeyValuePair<string, double>> values)
    {
        if (figures.Length != values.Length)
            figures = new KeyValuePair<string, double>[values.Length];
        values.CopyTo(figures);
        return figures;
    }
}
