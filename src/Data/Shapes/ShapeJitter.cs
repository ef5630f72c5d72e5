namespace Dalle2.Data.Shapes;

/// <summary>How one shape deviates from its exact place and size.</summary>
/// <param name="Dx">To the right, as a share of the picture's side; samples stay within 3 %.</param>
/// <param name="Dy">Downwards, likewise.</param>
/// <param name="Radius">Growth of the radius as a share of itself; samples stay within 8 %.</param>
public readonly record struct ShapeJitter(double Dx, double Dy, double Radius)
{
    /// <summary>The largest |Dx| and |Dy| of a sample.</summary>
    public const double MaxShift = 0.03;

    /// <summary>The largest |Radius| of a sample.</summary>
    public const double MaxGrowth = 0.08;
}
