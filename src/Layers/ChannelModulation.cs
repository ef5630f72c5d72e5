namespace Dalle2.Layers;

/// <summary>
/// Feature-wise linear modulation (Perez et al., 2018): each sample scales and shifts the channels of its map by numbers of its own,
/// <c>y = x (1 + gain) + shift</c>. x <c>[B, ..., channels]</c>, gain and shift <c>[B, channels]</c>, given side by side as <c>[B, 2 channels]</c>.
/// </summary>
/// <remarks>
/// It has no parameters: the layer that gives gains and shifts has them.
/// </remarks>
public sealed class ChannelModulation : Layer
{
    Tensor? input;
    Tensor? modulation;

    /// <summary>Whether the layer behind takes bfloat16, so that the output is kept in it with that precision; the map that it is given may be in either type.</summary>
    public bool GivesBrainFloats { get; set; }

    /// <summary>The modulated map, of x's shape.</summary>
    /// <param name="context">The step.</param>
    /// <param name="x">The map.</param>
    /// <param name="modulation">Each sample's gains, then its shifts.</param>
    /// <exception cref="ArgumentException">There is not one gain and one shift for each sample and channel.</exception>
    public Tensor Forward(Context context, Tensor x, Tensor modulation)
    {
        ChannelModulationOp.Require(x, modulation);
        BeginForward(context);
        (input, this.modulation) = (x, modulation);
        Tensor y = context.AllocateActivation(x.Shape, GivesBrainFloats);
        ChannelModulationOp.Forward(context.Stream, x, modulation, y);
        return EndForward(context, y);
    }

    /// <summary>The gradients of the map and of the modulation.</summary>
    public (Tensor Input, Tensor Modulation) Backward(Context context, Tensor dy)
    {
        BeginBackward();
        Tensor x = input!, dx = context.Allocate(x.Shape, x.Type), dmodulation = context.Allocate(modulation!.Shape);
        ChannelModulationOp.Backward(context.Stream, x, modulation, dy, dx, dmodulation);
        return (EndBackward(context, dx), dmodulation);
    }
}
