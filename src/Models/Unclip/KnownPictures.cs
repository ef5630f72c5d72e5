namespace Dalle2.Models.Unclip;

/// <summary>Pictures of which a part is to be drawn, and the rest stays.</summary>
/// <param name="Pictures">In [-1, 1], <c>[B, side, side, 3]</c>.</param>
/// <param name="Mask"><c>[B, side, side]</c>: 0 for what stays.</param>
/// <param name="Resamplings">How many times each step is taken, with its noise put back between them, 1 or more: so that what is drawn comes to suit what stays.</param>
public sealed record KnownPictures(Tensor Pictures, IntTensor Mask, int Resamplings);
