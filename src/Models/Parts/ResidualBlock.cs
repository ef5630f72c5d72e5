namespace Dalle2.Models.Parts;

/// <summary>
/// A residual block of maps <c>[B, H, W, inputs]</c> to <c>[B, H, W, outputs]</c>: twice group normalization, SiLU and a convolution 3x3, added to the input, which goes through a convolution
/// 1x1 where the channels differ. A condition <c>[B, conditions]</c> scales and shifts the second normalization's channels (AdaGN: Dhariwal and Nichol, 2021, arXiv 2105.05233).
/// The second convolution starts at zero, and so the block as the identity.
/// </summary>
public sealed class ResidualBlock : Layer
{
    readonly GroupNormActivation firstNorm;
    readonly Conv2d firstConvolution;
    readonly Linear? modulate;
    readonly GroupNormActivation secondNorm;
    readonly Conv2d secondConvolution;
    readonly Conv2d? shortcut;
    Tensor? input;
    Tensor? normalized;
    Tensor? convolved;
    Tensor? modulation;
    Tensor? activated;

    /// <summary>A block.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="conditions">Features of the condition; 0 for none.</param>
    public ResidualBlock(int inputs, int outputs, int conditions = 0)
    {
        firstNorm = Compose("firstNorm", new GroupNormActivation(GroupsOf(inputs), inputs));
        firstConvolution = Compose("firstConvolution", new Conv2d(inputs, outputs, kernel: 3, padding: 1));
        modulate = conditions > 0 ? Compose("modulate", new Linear(conditions, 2 * outputs)) : null;
        secondNorm = Compose("secondNorm", new GroupNormActivation(GroupsOf(outputs), outputs));
        secondConvolution = Compose("secondConvolution",
            new Conv2d(outputs, outputs, kernel: 3, padding: 1, initializer: Initializer.Zeros));
        shortcut = inputs == outputs ? null : Compose("shortcut", new Conv2d(inputs, outputs, kernel: 1));
    }

    /// <summary>Groups of so many channels: eight, or the most below that divide them.</summary>
    public static int GroupsOf(int channels)
    {
        int groups = 8;
        while (channels % groups != 0)
            groups--;
        return groups;
    }

    /// <summary>The output.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The map.</param>
    /// <param name="condition">The condition, if the block has one.</param>
    /// <exception cref="ArgumentException">A condition is given to a block that has none, or is missing.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor? condition = null)
    {
        if (condition == null != (modulate == null))
        {
            throw new ArgumentException(
                $"{Name}: a residual block {(modulate == null ? "without a condition was given one" : "with a condition was given none")}");
        }


        BeginForward(context);
        input = x;
        normalized = firstNorm.Forward(context, x);
        convolved = firstConvolution.Forward(context, normalized);
        modulation = modulate?.Forward(context, condition!);
        activated = modulation == null ? secondNorm.Forward(context, convolved) : secondNorm.Forward(context, convolved, modulation);
        Tensor y = secondConvolution.Forward(context, activated);
        if (shortcut == null)
        {
            ElementwiseOp.AddInPlace(context.Stream, y, x);
        }
        else
        {
            Tensor passed = shortcut.Forward(context, x);
            ElementwiseOp.AddInPlace(context.Stream, y, passed);
            context.Release(passed);
        }

        if (!context.Training)
            Release(context);
        return EndForward(context, y);
    }

    /// <summary>The gradients of the map and of the condition, null where there is none; adds to the parameters' gradients.</summary>
    public (Tensor Input, Tensor? Condition) Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor dactivated = secondConvolution.Backward(context, dy);
        Tensor dconvolved;
        Tensor? dcondition = null;
        if (modulate == null)
        {
            dconvolved = secondNorm.Backward(context, dactivated);
        }
        else
        {
            (dconvolved, Tensor dmodulation) = secondNorm.BackwardModulated(context, dactivated);
            dcondition = modulate.Backward(context, dmodulation);
            context.Release(dmodulation);
        }

        context.Release(dactivated);
        Tensor dnormalized = firstConvolution.Backward(context, dconvolved);
        context.Release(dconvolved);
        Tensor dx = firstNorm.Backward(context, dnormalized);
        context.Release(dnormalized);
        if (shortcut == null)
        {
            ElementwiseOp.AddInPlace(context.Stream, dx, dy);
        }
        else
        {
            Tensor passed = shortcut.Backward(context, dy);
            ElementwiseOp.AddInPlace(context.Stream, dx, passed);
            context.Release(passed);
        }

        Release(context);
        return (EndBackward(context, dx), dcondition);
    }

    // What the block alone needed.
    void Release(Context context)
    {
        foreach (Tensor? kept in (ReadOnlySpan<Tensor?>)[normalized, convolved, modulation, activated])
        {
            if (kept != null)
                context.Release(kept);
        }
    }
}
