namespace Dalle2.Data.Pictures;

/// <summary>What happens to a picture that is not square.</summary>
public enum ImageFit
{
    /// <summary>The centered square is kept, the rest is cut off.</summary>
    Crop,

    /// <summary>The whole picture is kept, centered on a square of background.</summary>
    Pad,
}
