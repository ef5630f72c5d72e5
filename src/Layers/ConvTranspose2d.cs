namespace Dalle2.Layers;

/// <summary>
/// Transposed convolution, the adjoint of <see cref="Conv2d"/>: images <c>[batch, height, width, inputs]</c> to
/// <c>[batch, outHeight, outWidth, outputs]</c>, plus a bias per output channel; then an activation function, if one is named. The size of the output:
/// <see cref="ConvolutionWindow.TransposedSize"/>. Weights <c>[R, S, outputs, inputs]</c>: those of the convolution from the output to the
/// input, as they are. Bias <c>[outputs]</c>.
/// </summary>
public sealed class ConvTranspose2d : UnaryLayer
{
    readonly int outputs;
    readonly Parameter weight;
    readonly BiasActivation end;
    Tensor? input;

    /// <summary>A transposed convolution with He uniform weights and zero biases at the start.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="stride">How many output pixels there are to an input pixel; 1 if left out.</param>
    /// <param name="padding">Output pixels cut off on each side.</param>
    /// <param name="outputPadding">Rows added at the bottom and columns at the right, below the stride.</param>
    /// <param name="dilation">From tap to tap, in output pixels; 1 if left out.</param>
    /// <param name="withBias">False leaves the bias out.</param>
    /// <param name="activation">A function of each output, in the same pass over memory as the bias; none if left out.</param>
    /// <param name="slope">Below zero, of <see cref="ActivationKind.LeakyReLU"/> only.</param>
    public ConvTranspose2d(
        int inputs, int outputs, Size2d kernel, Size2d? stride = null, Size2d padding = default, Size2d outputPadding = default,
        Size2d? dilation = null,
        bool withBias = true, ActivationKind? activation = null, float slope = 0.01f)
    {
        this.outputs = outputs;
        OutputPadding = outputPadding;
        Window = new ConvolutionWindow(kernel, stride ?? 1, padding, dilation ?? 1);
        // An output pixel meets only every stride-th tap along each axis.
        int taps = TapsPerPixel(kernel.Height, Window.Stride.Height) * TapsPerPixel(kernel.Width, Window.Stride.Width);
        weight = Declare("weight", new Shape(kernel.Height, kernel.Width, outputs, inputs), Initializer.He(taps * inputs));
        Parameter? bias = withBias ? Declare("bias", new Shape(outputs), Initializer.Zeros) : null;
        (Function, Slope) = (activation, slope);
        end = new BiasActivation(bias, activation, slope);
    }

    /// <summary>Rows added at the bottom and columns at the right.</summary>
    public Size2d OutputPadding { get; }

    /// <summary>How the kernel moves, as that of the convolution from the output to the input.</summary>
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
        Size2d size = Window.TransposedSize((x.Shape[1], x.Shape[2]), OutputPadding);
        Tensor y = AllocateOutput(context, new Shape(x.Shape[0], size.Height, size.Width, outputs));
        Tensor workspace = Workspace(context, y, x);
        Conv2dOp.InputGradient(context.Stream, x, weight.Value, y, Window, workspace);
        context.Release(workspace);
        return end.Forward(context, y);
    }

    /// <inheritdoc/>
    protected override Tensor Differentiate(Context context, Tensor dy)
    {
        Tensor dproducts = end.Backward(context, dy);
        DifferentiateWeight(context, dproducts);
        Tensor dx = context.Allocate(input!.Shape, input.Type);
        Tensor workspace = Workspace(context, dproducts, input!);
        Conv2dOp.Forward(context.Stream, dproducts, weight.Value, dx, Window, workspace);
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
        Tensor x = context.Converted(input, type), dy = context.Converted(dproducts, type), workspace = Workspace(context, dy, x);
        Conv2dOp.WeightGradient(context.Stream, dy, x, weight.Gradient, Window, workspace);
        context.Release(workspace);
        context.ReleaseConverted(dproducts, dy);
        context.ReleaseConverted(input, x);
    }

    // As a convolution its output is the input and its input the output.
    Tensor Workspace(Context context, Tensor large, Tensor small) =>
        context.Workspace(Conv2dOp.WorkspaceLength(context.Device, large.Shape, weight.Value.Shape, small.Shape, Window, large.Type,
            small.Type));

    static int TapsPerPixel(int kernel, int stride) => Math.Max(1, kernel / Math.Max(1, stride));
}
