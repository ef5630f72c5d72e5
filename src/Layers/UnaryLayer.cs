namespace Dalle2.Layers;

/// <summary>A layer from one tensor to one tensor.</summary>
public abstract class UnaryLayer : Layer
{
    /// <summary>Whether its input, and so that one's gradient, may be kept in bfloat16, and its output if it is asked to (<see cref="GivesBrainFloats"/>).</summary>
    public virtual bool TakesBrainFloats => false;

    /// <summary>
    /// Whether the layer behind takes bfloat16, so that the output, and so its gradient, is kept in it where the device's precision is <see cref="Precision.Bf16"/> and
    /// the last extent allows it. Only where <see cref="TakesBrainFloats"/> is true.
    /// </summary>
    public bool GivesBrainFloats { get; set; }

    /// <summary>The output's memory.</summary>
    private protected Tensor AllocateOutput(Context context, Shape shape) =>
        context.AllocateActivation(shape, GivesBrainFloats && TakesBrainFloats);

    /// <summary>The output for an input.</summary>
    /// <exception cref="InvalidOperationException">A forward pass in training is still to be followed by its backward pass.</exception>
    public Tensor Forward(Context context, Tensor x)
    {
        BeginForward(context);
        return EndForward(context, Compute(context, x));
    }

    /// <summary>The gradient of the input from the gradient of the output; adds to the parameters' gradients.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass in training.</exception>
    public Tensor Backward(Context context, Tensor dy)
    {
        BeginBackward();
        return EndBackward(context, Differentiate(context, dy));
    }

    /// <summary>Adds to the parameters' gradients alone: the backward pass of a first layer, whose input is data.</summary>
    /// <exception cref="InvalidOperationException">There was no forward pass in training.</exception>
    public void BackwardToParameters(Context context, Tensor dy)
    {
        BeginBackward();
        DifferentiateParameters(context, dy);
        EndBackward(context);
    }

    /// <summary>The forward pass.</summary>
    protected abstract Tensor Compute(Context context, Tensor x);

    /// <summary>The backward pass.</summary>
    protected abstract Tensor Differentiate(Context context, Tensor dy);

    /// <summary>The backward pass without the gradient of the input; overridden where that saves work.</summary>
    protected virtual void DifferentiateParameters(Context context, Tensor dy) => Differentiate(context, dy);
}
