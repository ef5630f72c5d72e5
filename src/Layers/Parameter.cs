namespace Dalle2.Layers;

/// <summary>A tensor that training changes, or a running statistic that it keeps. Its memory comes from a <see cref="ParameterStore"/>.</summary>
public sealed class Parameter
{
    internal Parameter(string name, Shape shape, Initializer initializer, bool trainable)
    {
        Name = name;
        Shape = shape;
        Initializer = initializer;
        Trainable = trainable;
    }

    /// <summary>The name within its layer; with the store, the full name (<c>encoder.conv1.weight</c>).</summary>
    public string Name { get; internal set; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>How it starts.</summary>
    public Initializer Initializer { get; }

    /// <summary>False for running statistics, which have no gradient.</summary>
    public bool Trainable { get; }

    /// <summary>The values.</summary>
    public Tensor Value => value ?? throw Unplaced();

    /// <summary>The gradient: layers add to it; the optimizer or <see cref="ParameterStore.ClearGradients"/> clears it.</summary>
    public Tensor Gradient => gradient ?? throw Unplaced();

    Tensor? value;
    Tensor? gradient;

    internal void Place(Tensor values, Tensor gradients)
    {
        value = values;
        gradient = gradients;
    }

    InvalidOperationException Unplaced() => new($"the parameter '{Name}' has no memory yet; make a ParameterStore of its layer first");
}
