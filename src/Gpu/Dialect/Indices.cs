namespace Dalle2.Gpu.Dialect;

/// <summary>A one-dimensional thread index or extent. Converts to and from <see cref="int"/>.</summary>
/// <param name="X">The index.</param>
public readonly record struct Index1D(int X)
{
    /// <summary>The number of elements of an extent.</summary>
    public int Size => X;

    /// <summary>The index as an integer.</summary>
    public static implicit operator int(Index1D index) => index.X;

    /// <summary>An integer as an index.</summary>
    public static implicit operator Index1D(int index) => new(index);
}

/// <summary>A two-dimensional thread index or extent; <paramref name="X"/> is the fastest.</summary>
/// <param name="X">The index along the fastest axis.</param>
/// <param name="Y">The index along the second axis.</param>
public readonly record struct Index2D(int X, int Y)
{
    /// <summary>The number of elements of an extent.</summary>
    public int Size => X * Y;

    /// <summary>A pair as an index.</summary>
    public static implicit operator Index2D((int X, int Y) index) => new(index.X, index.Y);
}

/// <summary>A three-dimensional thread index or extent; <paramref name="X"/> is the fastest.</summary>
/// <param name="X">The index along the fastest axis.</param>
/// <param name="Y">The index along the second axis.</param>
/// <param name="Z">The index along the slowest axis.</param>
public readonly record struct Index3D(int X, int Y, int Z)
{
    /// <summary>The number of elements of an extent.</summary>
    public int Size => X * Y * Z;

    /// <summary>A triple as an index.</summary>
    public static implicit operator Index3D((int X, int Y, int Z) index) => new(index.X, index.Y, index.Z);
}
