namespace Dalle2.Data.Sets;

/// <summary>Where the bytes of a picture lie that is no file of its own.</summary>
interface IPictureSource
{
    /// <summary>The picture's file format, whole. Thread-safe.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    byte[] Read();
}
