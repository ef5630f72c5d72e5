namespace Dalle2.Models.Unclip;

/// <summary>Pictures are in [0, 1] outside of the diffusion models, and in [-1, 1] inside. <c>[B, side, side, 3]</c> both.</summary>
public static class PixelRange
{
    /// <summary>From [-1, 1] to [0, 1].</summary>
    public static Tensor ToUnit(Context context, Tensor pictures) => Map(context, pictures, -.5f, .5f);

    /// <summary>From [0, 1] to [-1, 1].</summary>
    public static Tensor ToSigned(Context context, Tensor pictures) => Map(context, pictures, 1f, -1f);

    // y = (1 + scale) x + shift.
    static Tensor Map(Context context, Tensor pictures, float scale, float shift)
    {
        int count = pictures.Shape[0], channels = pictures.Cols;
        float[] each = [.. Enumerable.Repeat(scale, channels), .. Enumerable.Repeat(shift, channels)];
        Tensor modulation = context.Upload([.. Enumerable.Repeat(each, count).SelectMany(one => one)], count, each.Length),
            result = context.Allocate(pictures.Shape);
        ChannelModulationOp.Forward(context.Stream, pictures, modulation, result);
        return result;
    }
}
