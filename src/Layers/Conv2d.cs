namespace Dalle2.Layers;

/// <summary>
/// Convolution of images <c>[batch, height, width, inputs]</c> to <c>[batch, outHeight, outWidth, outputs]</c>, plus a bias per output channel; then an activation function, if one is named.
/// The size of the output: <see cref="ConvolutionWindow.OutputSize"/>. Weights <c>[R, S, inputs, outputs]</c>, bias <c>[outputs]</c>.
/// </summary>
public sealed class Conv2d : UnaryLayer
{
    readonly int outputs;
    readonly Parameter weight;
    readonly BiasActivation end;
    Tensor? input;

    /// <summary>A convolution with He uniform weights, unless others are asked for, and zero biases at the start.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="stride">From window to window, in input pixels; 1 if left out.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="dilation">From tap to tap, in input pixels; 1 if left out.</param>
    /// <param name="withBias">False leaves the bias out.</param>
    /// <param name="activation">A function of each output, in the same pass over memory as the bias; none if left out.</param>
    /// <param name="slope">Below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    /// <param name="initializer">The weights' first values; He's if left out.</param>
    public Conv2d(
        int inputs, int outputs, Size2d kernel, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null,
        bool withBias = true,
        ActivationKind? activation = null, float slope = 0.01f, Initializer? initializer = null)
    {
        this.outputs = outputs;
        Window = new ConvolutionWindow(kernel, stride ?? 1, padding, dilation ?? 1);
        weight = Declare("weight", new Shape(kernel.Height, kernel.Width, inputs, outputs),
            initializer ?? Initializer.He(kernel.Height * kernel.Width * inputs));
        Parameter? bias = withBias ? Declare("bias", new Shape(outputs), Initializer.Zeros) : null;
        (Function, Slope) = (activation, slope);
        end = new BiasActivation(bias, activation, slope);
    }

    /// <summary>How the kernel moves.</summary>
    public ConvolutionWindow Window { get; }

    /// <summary>The function that each output goes through; null for none.</summary>
    public ActivationKind? Function { get; }

    /// <summary>Its slope below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</summary>
    public float Slope { get; }

    /// <inheritdoc/>
    public override bool TakesBrainFloats => true;

    /// <inheritdoc/>
    protected override Tensor Compute(Context context, Tensor x)
    {
        input = x;
        Size2d size = Window.OutputSize((x.Shape[1], x.Shape[2]));
        Tensor y = AllocateOutput(context, new Shape(x.Shape[0], size.Height, size.Width, outputs));
        Tensor workspace = Workspace(context, x, y);
        Conv2dOp.Forward(context.Stream, x, weight.Value, y, Window, workspace);
        context.Release(workspace);
        return end.Forward(context, y);
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dproducts = end.Backward(context, dy);
        DifferentiateWeight(context, dproducts);
        Tensor dx = context.Allocate(input!.Shape, input.Type);
        Tensor workspace = Workspace(context, input!, dproducts);
        Conv2dOp.InputGradient(context.Stream, dproducts, weight.Value, dx, Window, workspace);
        context.Release(workspace);
        end.Release(context, dproducts);
        return dx;
    }

    /// <inheritdoc/>
    protected override void DifferentiateParameters(Context context, Tensor dy)
    {
        Tensor dproducts = end.Backward(context, dy);
        DifferentiateWeight(context, dproducts);
        end.Release(context, dproducts);
    }

    void DifferentiateWeight(Context context, Tensor dproducts)
    {
        // Both sides in one type: of a picture's few channels, floats.
        ElementType type = input!.Type == dproducts.Type ? input.Type : ElementType.Float32;
        Tensor x = context.Converted(input, type), dy = context.Converted(dproducts, type), workspace = Workspace(context, x, dy);
        Conv2dOp.WeightGradient(context.Stream, x, dy, weight.Gradient, Window, workspace);
        context.Release(workspace);
        context.ReleaseConverted(dproducts, dy);
        context.ReleaseConverted(input, x);
    }

    Tensor Workspace(Context context, Tensor x, Tensor y) =>
        context.Workspace(Conv2dOp.WorkspaceLength(context.Device, x.Shape, weight.Value.Shape, y.Shape, Window, x.Type, y.Type));
}
